import { writeSafetensors } from "@papilio/butterfly/files";
import { describe, expect, it } from "vitest";
import { modelFromHuggingFace } from "../models/hugging-face/model-from-hugging-face.ts";
import { sliceTensor, transposeTensor } from "./derived-tensors.ts";
import { readLlama2c } from "./llama2c.ts";
import { loadStateDict } from "./load-state-dict.ts";
import { INDEX_FILE, parseShardIndex } from "./shard-index.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { BASE, bodyOf } from "./testing/web.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A safetensors file whose header is as it is. */
function fileOf(header: string, data: number): Uint8Array<ArrayBuffer> {
  const text = bytes(header);
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

describe("weights of a server that sends more than it says", () => {
  /** What a few kilobytes on the wire become: a header of spaces. */
  const header = fileOf(`{}${" ".repeat(4 * 2 ** 20)}`, 0);

  it.each([
    ["a header", "x.safetensors", header],
    ["an index", INDEX_FILE, bytes(`{}${" ".repeat(4 * 2 ** 20)}`)],
  ])("stop at maxBytes, whatever they are: %s", async (_, name, contents) => {
    const { body, cancelled } = bodyOf(contents, 2 ** 16);
    const fetch = (): Promise<Response> => Promise.resolve(new Response(body));
    const loading = loadStateDict(`${BASE}${name}`, { fetch, maxBytes: 1000 });
    await expect(loading).rejects.toThrow(code("STATE_DICT_TOO_LARGE"));
    expect(cancelled()).toBe(true);
  });

  it("count tensors that are passed over", async () => {
    const size = 2 ** 21;
    const values = new Float32Array(size / 4);
    const shard = writeSafetensors([
      { name: "other", dtype: "F32", shape: [size / 4], values },
      { name: "wanted", dtype: "F32", shape: [1], values: Float32Array.of(1) },
    ]);
    const name = "model-00001-of-00001.safetensors";
    const index = bytes(JSON.stringify({ weight_map: { wanted: name } }));
    const fetch = (url: URL): Promise<Response> =>
      Promise.resolve(new Response(url.pathname.endsWith(".json") ? index : shard));
    const address = `${BASE}${INDEX_FILE}`;
    await expect(loadStateDict(address, { fetch, maxBytes: 1000 })).rejects.toThrow(
      code("STATE_DICT_TOO_LARGE"),
    );
    const loaded = await loadStateDict(address, { fetch, maxBytes: size + 1000 });
    expect([...loaded.keys()]).toEqual(["wanted"]);
  });

  it("are named when they are something else", async () => {
    const start = "%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n";
    await expect(loadStateDict(bytes(start))).rejects.toThrow(/is a Matrix Market file/);
    await expect(loadStateDict(bytes('{"a":1}\n{"b":2}\n'))).rejects.toThrow(/is JSON Lines/);
  });
});

describe("a hostile index of shards", () => {
  it.each([
    ["nesting", "[".repeat(1e6)],
    ["nesting in a name", `{"weight_map":{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}}`],
    ["a name of a list", '{"weight_map":{"a":[[[]]]}}'],
    ["a key twice", '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}'],
    ["null", "null"],
    ["millions of values", `{"weight_map":[${"1,".repeat(2 ** 20)}1]}`],
  ])("with %s is refused", (_, text) => {
    expect(() => parseShardIndex(bytes(text))).toThrow(code("STATE_DICT_INDEX"));
  });
});

describe("layers that a header counts", () => {
  it("are refused where no model has so many: llama2.c", () => {
    // A whole file of 5 MB: each layer is small.
    const sizes = [2, 1, 50_000, 1, 1, 1, 1];
    const floats = 2 + 50_000 * (2 + 4 * 4 + 2 + 6) + 2 + 2;
    const file = new Uint8Array(28 + 4 * floats);
    new Int32Array(file.buffer, 0, 7).set(sizes);
    expect(() => readLlama2c(file)).toThrow(code("FILE_HEADER"));
  });

  const llama = {
    model_type: "llama",
    vocab_size: 8,
    hidden_size: 8,
    intermediate_size: 8,
    num_attention_heads: 2,
  };

  it("are refused where the weights have not so many: config.json", () => {
    const build = (layers: number): unknown =>
      modelFromHuggingFace({ ...llama, num_hidden_layers: layers }, new Map());
    expect(() => build(1000)).toThrow(/1000 layers, but there are only 0 tensors/);
    expect(() => build(1025)).toThrow(code("CONFIG_INVALID"));
    expect(() => build(1)).toThrow(code("STATE_DICT_MISMATCH"));
  });

  it("and all else in config.json may be anything", () => {
    let deep: unknown = [];
    for (let level = 0; level < 1e5; level++) deep = [deep];
    for (const value of [
      deep,
      null,
      {},
      [],
      "x",
      -1,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      2n ** 70n,
      Symbol("s"),
    ]) {
      for (const name of ["model_type", "hidden_size", "rope_scaling", "tie_word_embeddings"]) {
        expect(() => modelFromHuggingFace({ ...llama, [name]: value }, new Map())).toThrow(
          expect.objectContaining({ code: expect.any(String) }),
        );
      }
      expect(() => modelFromHuggingFace(value, new Map())).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^CONFIG_/) }),
      );
    }
  });
});

describe("elements of less than a byte", () => {
  it("may stand beside tensors that are wanted, and are not moved one by one", async () => {
    const state = await loadStateDict(
      fileOf(
        JSON.stringify({
          __metadata__: null,
          scale: { dtype: "F8_E8M0", shape: [2], data_offsets: [4, 6] },
          six: { dtype: "F6_E2M3", shape: [4], data_offsets: [6, 9] },
          four: { dtype: "F4", shape: [2, 2], data_offsets: [9, 11] },
          weight: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
        }),
        11,
      ),
    );
    expect([...(state.get("weight")?.toReal("float32") ?? [])]).toEqual([0]);
    const four = state.get("four") as StoredTensor;
    expect(() => four.toReal("float32")).toThrow(code("TENSOR_DTYPE"));
    expect(() => transposeTensor(four)).toThrow(code("TENSOR_DTYPE"));
    expect(() => sliceTensor(four, 0, 0, 1)).toThrow(code("TENSOR_DTYPE"));
  });
});
