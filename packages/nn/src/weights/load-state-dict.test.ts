import { fewBitsEntry, writeSafetensors } from "@papilio/butterfly/files";
import { dequantizeValues, quantizeValues } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import type { LoadProgress } from "./load-progress.ts";
import { loadStateDict } from "./load-state-dict.ts";
import { contentsOf, fileOf, indexOf } from "./testing/checkpoints.ts";
import { FIRST, INDEX, SHARDS, SINGLE, STATE, TOTAL } from "./testing/small-model.ts";
import { BASE, bodyOf, web } from "./testing/web.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
describe("weights are loaded", () => {
  it("from bytes, which are not copied", async () => {
    const state = await loadStateDict(SINGLE);
    expect(contentsOf(state)).toEqual(contentsOf(STATE));
    expect(state.get("a")?.bytes().buffer).toBe(SINGLE.buffer);
    expect(contentsOf(await loadStateDict(SINGLE.buffer))).toEqual(contentsOf(STATE));
  });

  it("from a Blob, and from several", async () => {
    expect(contentsOf(await loadStateDict(new Blob([SINGLE])))).toEqual(contentsOf(STATE));
    const blobs = new Map([...SHARDS].map(([name, bytes]) => [name, new Blob([bytes])]));
    expect(contentsOf(await loadStateDict(blobs))).toEqual(contentsOf(STATE));
  });

  it.each([
    ["a file", "model.safetensors", ["model.safetensors"]],
    ["a folder with a file", "", ["model.safetensors"]],
    ["a file with a query", "model.safetensors?download=1", ["model.safetensors?download=1"]],
  ])("from the address of %s", async (_, path, expected) => {
    const { fetch, asked } = web(new Map([["model.safetensors", SINGLE]]));
    expect(contentsOf(await loadStateDict(BASE + path, { fetch }))).toEqual(contentsOf(STATE));
    expect(asked).toEqual(expected.map((name) => BASE + name));
  });

  it.each([
    ["an index", INDEX, [INDEX]],
    ["a folder with an index", "", ["model.safetensors", INDEX]],
  ])("from the address of %s, each shard once", async (_, path, before) => {
    const { fetch, asked } = web(SHARDS);
    expect(contentsOf(await loadStateDict(new URL(BASE + path), { fetch }))).toEqual(
      contentsOf(STATE),
    );
    const shards = [...SHARDS.keys()].filter((name) => name !== INDEX);
    expect(asked).toEqual([...before, ...shards].map((name) => BASE + name));
  });

  it("in pieces of any size", async () => {
    for (const piece of [1, 7, 64, 10_000]) {
      const { fetch } = web(SHARDS, piece);
      expect(contentsOf(await loadStateDict(BASE, { fetch }))).toEqual(contentsOf(STATE));
    }
  });

  it("without the tensors that an index has elsewhere or not at all", async () => {
    const weights = (name: string, fill: number): Uint8Array<ArrayBuffer> =>
      writeSafetensors(
        ["x", "y", "z"].map((tensor) => ({
          name: tensor,
          dtype: "F32",
          shape: [1],
          values: Float32Array.of(fill),
        })),
        { name },
      );
    const files = new Map([
      [INDEX, indexOf({ weight_map: { x: "1.safetensors", y: "2.safetensors" } })],
      ["1.safetensors", weights("one", 1)],
      ["2.safetensors", weights("two", 2)],
    ]);
    for (const source of [files, BASE]) {
      const state = await loadStateDict(source, { fetch: web(files).fetch });
      const values = [...state].map(([name, tensor]) => [name, tensor.toReal("float32")[0]]);
      expect(values).toEqual([
        ["x", 1],
        ["y", 2],
      ]);
      expect(state.metadata.get("name")).toBe("one");
    }
  });
});

describe("progress", () => {
  const loading = async (
    source: Parameters<typeof loadStateDict>[0],
    fetch = web(SHARDS).fetch,
  ) => {
    const reports: LoadProgress[] = [];
    await loadStateDict(source, { fetch, onProgress: (progress) => reports.push(progress) });
    return reports;
  };

  it.each([
    ["bytes", SINGLE, undefined],
    ["a Blob", new Blob([SINGLE]), undefined],
    ["files", SHARDS, undefined],
    ["the web", BASE, web(SHARDS).fetch],
    [
      "a file of the web",
      `${BASE}model.safetensors`,
      web(new Map([["model.safetensors", SINGLE]])).fetch,
    ],
  ])(
    "of %s never decreases and ends at the total, known from the beginning",
    async (_, source, fetch) => {
      const reports = await loading(source, fetch);
      expect(reports.at(-1)).toMatchObject({ loaded: TOTAL, total: TOTAL });
      for (const [index, { loaded, total, fileLoaded, fileTotal }] of reports.entries()) {
        expect(loaded).toBeGreaterThanOrEqual(reports[index - 1]?.loaded ?? 0);
        expect(total).toBe(TOTAL);
        expect(fileLoaded).toBeLessThanOrEqual(fileTotal);
      }
    },
  );

  it("of shards without a total knows it when the last begins", async () => {
    const index = JSON.parse(new TextDecoder().decode(SHARDS.get(INDEX)));
    const reports = await loading(new Map(SHARDS).set(INDEX, indexOf({ ...index, metadata: {} })));
    const last = [...SHARDS.keys()].at(-2);
    for (const { file, total } of reports) expect(total).toBe(file === last ? TOTAL : undefined);
  });

  it.each([10, 1e9])("of an index that has the total %d wrong ends at the total", async (wrong) => {
    const index = JSON.parse(new TextDecoder().decode(SHARDS.get(INDEX)));
    const metadata = { total_size: wrong };
    const reports = await loading(new Map(SHARDS).set(INDEX, indexOf({ ...index, metadata })));
    expect(reports.at(-1)).toMatchObject({ loaded: TOTAL, total: TOTAL });
    for (const { loaded, total } of reports) expect(loaded).toBeLessThanOrEqual(total as number);
  });
});

describe("what cannot be loaded is refused", () => {
  const html = (): Response =>
    new Response("<!doctype html>", { headers: { "content-type": "text/html; charset=utf-8" } });

  it.each<[string, Response | (() => never), string]>([
    ["a missing file", new Response("", { status: 404 }), "HTTP_STATUS"],
    ["a server's failure", new Response("", { status: 503 }), "HTTP_STATUS"],
    ["a web page", html(), "HTTP_CONTENT"],
    ["no body", new Response(null), "FILE_TRUNCATED"],
    ["another file", new Response("x".repeat(100)), "FILE_HEADER"],
    [
      "no connection",
      () => {
        throw new TypeError("fetch failed");
      },
      "HTTP_FAILED",
    ],
    [
      "a connection that breaks",
      new Response(
        new ReadableStream({
          pull(controller) {
            controller.enqueue(SINGLE.subarray(0, 500));
            controller.error(new Error("reset"));
          },
        }),
      ),
      "FILE_TRUNCATED",
    ],
    ["a body that ends early", new Response(SINGLE.subarray(0, -1)), "FILE_TRUNCATED"],
    ["a body that goes on", new Response(new Blob([SINGLE, "more"])), "FILE_TENSOR"],
  ])("with %s", async (_, answer, expected) => {
    const fetch = (): Promise<Response> =>
      answer instanceof Response ? Promise.resolve(answer) : Promise.resolve().then(answer);
    await expect(loadStateDict(`${BASE}x.safetensors`, { fetch })).rejects.toThrow(code(expected));
  });

  it("with an error that names no secret of the address", async () => {
    const { fetch } = web(new Map());
    const url = "https://user:secret@example.org/model/x.safetensors?token=secret";
    const error = await loadStateDict(url, { fetch }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "HTTP_STATUS" });
    expect(String(error)).toContain("example.org/model/x.safetensors");
    expect(String(error)).not.toContain("secret");
  });

  it.each([
    ["a folder without weights", BASE],
    ["no files", new Map()],
    ["a path", "models/x.safetensors"],
  ])("with %s", async (_, source) => {
    const { fetch } = web(new Map());
    await expect(loadStateDict(source, { fetch })).rejects.toThrow(code("STATE_DICT_SOURCE"));
  });

  it("with a pointer of Git LFS", async () => {
    const pointer = indexOf("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
    await expect(loadStateDict(pointer)).rejects.toMatchObject({
      code: "FILE_HEADER",
      fix: expect.stringContaining("git lfs pull"),
    });
  });

  it("with more bytes than may be, before any of them is read", async () => {
    const sizes = [1, 2 ** 20];
    const entry = { dtype: "F32", shape: sizes, data_offsets: [0, 2 ** 22] };
    const { body, cancelled } = bodyOf(fileOf({ x: entry }, 5000), 1000);
    const loading = loadStateDict(`${BASE}x.safetensors`, {
      fetch: () => Promise.resolve(new Response(body)),
      maxBytes: 2 ** 22 - 1,
    });
    await expect(loading).rejects.toThrow(code("STATE_DICT_TOO_LARGE"));
    expect(cancelled()).toBe(true);
    const index = indexOf({ metadata: { total_size: 1001 }, weight_map: { a: FIRST } });
    const files = new Map(SHARDS).set(INDEX, index);
    await expect(loadStateDict(files, { maxBytes: 1000 })).rejects.toThrow(
      code("STATE_DICT_TOO_LARGE"),
    );
    await expect(loadStateDict(SHARDS, { maxBytes: TOTAL - 1 })).rejects.toThrow(
      code("STATE_DICT_TOO_LARGE"),
    );
    expect((await loadStateDict(SHARDS, { maxBytes: TOTAL })).size).toBe(3);
  });

  it("with terabytes that a server only speaks of, in the memory of what it sends", async () => {
    const bytes = 2 ** 42;
    const entry = { dtype: "U8", shape: [bytes], data_offsets: [0, bytes] };
    const loading = loadStateDict(`${BASE}x.safetensors`, {
      fetch: web(new Map([["x.safetensors", fileOf({ x: entry }, 1000)]])).fetch,
      maxBytes: bytes,
    });
    await expect(loading).rejects.toThrow(code("FILE_TRUNCATED"));
  });

  it("with a shard that lacks what the index has in it, or is not there", async () => {
    const lacking = indexOf({ weight_map: { a: FIRST, nowhere: FIRST } });
    await expect(loadStateDict(new Map(SHARDS).set(INDEX, lacking))).rejects.toMatchObject({
      code: "STATE_DICT_INDEX",
      message: expect.stringContaining('"nowhere"'),
    });
    const files = new Map(SHARDS);
    files.delete(FIRST);
    await expect(loadStateDict(files)).rejects.toThrow(code("STATE_DICT_INDEX"));
    const { fetch } = web(files);
    await expect(loadStateDict(BASE, { fetch })).rejects.toThrow(code("STATE_DICT_INDEX"));
  });

  it("with a damaged shard, by its name", async () => {
    const files = new Map(SHARDS).set(FIRST, SINGLE.subarray(0, 50));
    await expect(loadStateDict(files)).rejects.toMatchObject({
      code: "FILE_TRUNCATED",
      message: expect.stringContaining(FIRST),
    });
  });
});

it("tensors of few bits are those of F32 that they stand for", async () => {
  const values = Float32Array.from({ length: 3 * 40 }, (_, index) => Math.sin(index));
  const quantized = quantizeValues(values, [1, 3, 40, 1], "q4");
  const { tensors, metadata } = fewBitsEntry("w", [3, 40], quantized);
  const plain = { name: "b", dtype: "F32", shape: [3], values: Float32Array.of(1, 2, 3) } as const;
  const file = writeSafetensors([plain, ...tensors], { ...metadata, made: "here" });
  const state = await loadStateDict(file);
  expect([...state.keys()].toSorted()).toEqual(["b", "w"]);
  expect([...state.metadata]).toEqual([["made", "here"]]);
  expect(state.get("w")).toMatchObject({ dtype: "F32", shape: [3, 40], byteLength: 480 });
  expect(state.get("w")?.toReal("float32")).toEqual(dequantizeValues(quantized));
});
