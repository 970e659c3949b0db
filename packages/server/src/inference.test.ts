import { CpuModel } from "@papilio/nn/backends";
import { Graph } from "@papilio/nn/graph";
import { softmax } from "@papilio/nn/operations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelServer } from "./server.ts";
import { sentences, vision } from "./testing/models.ts";

const HEAD = "Inference-Header-Content-Length";
let server: ModelServer;
const batches: number[] = [];

function rowGraph(): Graph {
  const graph = new Graph();
  graph.output("y", softmax(graph.input("x", { vectors: 2, features: 3 })));
  return graph;
}

beforeAll(async () => {
  server = await ModelServer.create({
    models: [vision(), await sentences(), { name: "graph", model: rowGraph() }],
    limits: { batch: 4, waitMs: 40, items: 12 },
    metrics: {
      watch: () => undefined,
      request: () => undefined,
      batch: (_, size) => batches.push(size),
      tokens: () => undefined,
      token: () => undefined,
      expose: () => Promise.resolve({ contentType: "text/plain", body: "" }),
    },
  });
});

afterAll(() => server.dispose());

const get = (path: string) => server.fetch(new Request(`http://localhost${path}`));
const post = (name: string, body: BodyInit, headers: Record<string, string> = {}) =>
  server.fetch(
    new Request(`http://localhost/v2/models/${name}/infer`, { method: "POST", body, headers }),
  );
const infer = (name: string, inputs: readonly object[], rest: object = {}) =>
  post(name, JSON.stringify({ inputs, ...rest }));

/** Numbers that are no two alike. */
const pixels = (images: number) =>
  Float32Array.from({ length: images * 192 }, (_, index) => Math.sin(index));
const images = (values: Float32Array) => ({
  name: "images",
  datatype: "FP32",
  shape: [values.length / 192, 3, 8, 8],
  data: Array.from(values),
});

/** What the model alone computes of images. */
async function logitsOf(values: Float32Array): Promise<Float32Array> {
  using alone = new CpuModel(vision().model.trace({ images: values.length / 192 }));
  return (await alone.run({ images: values })).logits as Float32Array;
}

function expectNear(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(found.length).toBe(wanted.length);
  for (let at = 0; at < wanted.length; at++) expect(found[at]).toBeCloseTo(wanted[at] as number, 4);
}

describe("the Open Inference Protocol", () => {
  it("describes server and models, and says what is ready", async () => {
    expect(await (await get("/v2")).json()).toMatchObject({ extensions: ["binary_tensor_data"] });
    expect(await (await get("/v2/models/sentences")).json()).toMatchObject({
      name: "sentences",
      inputs: [
        { name: "ids", datatype: "UINT32", shape: [-1, -1] },
        { name: "lengths", datatype: "UINT32", shape: [-1] },
      ],
      outputs: [{ name: "embeddings", datatype: "FP32", shape: [-1, 8] }],
    });
    for (const path of ["/v2/health/live", "/v2/health/ready", "/v2/models/vision/ready"]) {
      expect((await get(path)).status).toBe(200);
    }
    expect((await get("/v2/models/other")).status).toBe(404);
    expect((await get("/v2/models/vision/versions/2")).status).toBe(404);
    expect((await get("/v2/models/vision/versions/1")).status).toBe(200);
  });

  it("computes images of JSON, nested or flat, more than a batch too", async () => {
    const values = pixels(6);
    const response = await infer("vision", [images(values)], { id: "seven" });
    const answer = (await response.json()) as { id: string; outputs: [{ data: number[] }] };
    expect(answer).toMatchObject({
      id: "seven",
      model_name: "vision",
      outputs: [{ shape: [6, 5] }],
    });
    expectNear(answer.outputs[0].data, await logitsOf(values));
    const nested = { ...images(pixels(1)), data: [Array.from(pixels(1))] };
    expect((await infer("vision", [nested])).status).toBe(200);
  });

  it("takes and gives bytes", async () => {
    const values = pixels(2);
    const { data: _, ...described } = images(values);
    const head = new TextEncoder().encode(
      JSON.stringify({
        inputs: [{ ...described, parameters: { binary_data_size: 4 * values.length } }],
        parameters: { binary_data_output: true },
      }),
    );
    const body = new Uint8Array(head.length + 4 * values.length);
    body.set(head);
    body.set(new Uint8Array(values.buffer), head.length);
    const response = await post("vision", body, { [HEAD]: String(head.length) });
    const length = Number(response.headers.get(HEAD));
    const bytes = await response.arrayBuffer();
    const answer = JSON.parse(new TextDecoder().decode(bytes.slice(0, length)));
    expect(answer.outputs[0].parameters.binary_data_size).toBe(40);
    expectNear(new Float32Array(bytes.slice(length)), await logitsOf(values));
  });

  it("fills sentences up, and computes a graph as it was traced", async () => {
    const ids = {
      name: "ids",
      datatype: "INT64",
      shape: [2, 3],
      data: [
        [1, 2, 3],
        [4, 5, 0],
      ],
    };
    const lengths = { name: "lengths", datatype: "INT32", shape: [2], data: [3, 2] };
    const response = await infer("sentences", [ids, lengths]);
    const { outputs } = (await response.json()) as { outputs: [{ data: number[] }] };
    using alone = new CpuModel((await sentences()).model.trace({ sequences: 2, tokens: 3 }));
    const { embeddings } = await alone.run({
      ids: Uint32Array.of(1, 2, 3, 4, 5, 0),
      lengths: Uint32Array.of(3, 2),
    });
    expectNear(outputs[0].data, embeddings as Float32Array);
    const x = { name: "x", datatype: "FP32", shape: [2, 3], data: [0, 0, 0, 1, 1, 1] };
    const graph = (await (await infer("graph", [x])).json()) as { outputs: [{ data: number[] }] };
    expectNear(graph.outputs[0].data, Array(6).fill(1 / 3));
  });

  it("computes requests that come together in one batch", async () => {
    batches.length = 0;
    const each = Array.from({ length: 4 }, (_, index) => pixels(index + 1).slice(-192));
    const responses = await Promise.all(each.map((values) => infer("vision", [images(values)])));
    for (const [index, response] of responses.entries()) {
      const { outputs } = (await response.json()) as { outputs: [{ data: number[] }] };
      expectNear(outputs[0].data, await logitsOf(each[index] as Float32Array));
    }
    expect(batches).toEqual([4]);
  });

  it.each<[string, string, readonly object[], RegExp]>([
    ["no input", "vision", [], /inputs/],
    ["another input", "vision", [{ ...images(pixels(1)), name: "x" }], /no input x/],
    ["another shape", "vision", [{ ...images(pixels(1)), shape: [192] }], /\[rows, 3, 8, 8\]/],
    [
      "a shape that overflows",
      "vision",
      [{ ...images(pixels(1)), shape: [2 ** 50, 3, 8, 8] }],
      /numbers/,
    ],
    ["too few numbers", "vision", [{ ...images(pixels(1)), data: [1] }], /has 1 numbers/],
    [
      "texts among the numbers",
      "vision",
      [{ ...images(pixels(1)), data: Array(192).fill("1") }],
      /string/,
    ],
    ["too many rows", "vision", [images(pixels(13))], /limit of 12/],
    ["an input twice", "vision", [images(pixels(1)), images(pixels(1))], /twice/],
    ["no row", "vision", [{ ...images(pixels(0)), shape: [0, 3, 8, 8] }], /at least one/],
    [
      "a token that there is not",
      "sentences",
      [{ name: "ids", datatype: "INT64", shape: [1, 1], data: [8] }],
      /from 0 to 7/,
    ],
    [
      "too many tokens",
      "sentences",
      [{ name: "ids", datatype: "INT64", shape: [1, 17], data: Array(17).fill(1) }],
      /16 tokens/,
    ],
  ])("refuses %s", async (_, name, inputs, message) => {
    const response = await infer(name, inputs);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toMatch(message);
  });

  it("refuses bytes that are not as many as the inputs have", async () => {
    const { data: _, ...described } = images(pixels(1));
    const head = JSON.stringify({
      inputs: [{ ...described, parameters: { binary_data_size: 768 } }],
    });
    for (const [body, length] of [
      [head, head.length],
      [`${head}abcd`, head.length],
      [head, head.length + 1],
      [head, -1],
      [head, "x"],
    ] as const) {
      expect((await post("vision", body, { [HEAD]: String(length) })).status).toBe(400);
    }
  });

  it("does not let numbers of one request spoil another", async () => {
    const large = await infer("vision", [{ ...images(pixels(1)), data: Array(192).fill(1e39) }]);
    expect(large.status).toBe(400);
    // JSON has no word for what becomes of it.
    const { data: _, ...described } = images(pixels(1));
    const parameters = { binary_data_size: 768 };
    const head = JSON.stringify({ inputs: [{ ...described, parameters }] });
    const bytes = new Uint8Array(Float32Array.of(...Array(192).fill(Number.NaN)).buffer);
    const [bad, good] = await Promise.all([
      post("vision", new Blob([head, bytes]), { [HEAD]: String(head.length) }),
      infer("vision", [images(pixels(1))]),
    ]);
    expect([bad.status, good.status]).toEqual([500, 200]);
  });
});
