import { PapilioError } from "@papilio/butterfly";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseShardIndex } from "./shard-index.ts";
import { indexOf } from "./testing/checkpoints.ts";

const refused = expect.objectContaining({ code: "STATE_DICT_INDEX" });
const withFile = (file: unknown): unknown => ({ weight_map: { x: file } });

describe("an index of shards", () => {
  it("is read", () => {
    const { shards, totalBytes } = parseShardIndex(
      indexOf({
        metadata: { total_size: 12, other: "x" },
        weight_map: { x: "1.safetensors", y: "2.safetensors", z: "1.safetensors" },
      }),
    );
    expect(totalBytes).toBe(12);
    expect([...shards].map(([file, names]) => [file, [...names]])).toEqual([
      ["1.safetensors", ["x", "z"]],
      ["2.safetensors", ["y"]],
    ]);
  });

  it.each([undefined, null, {}, { total_size: "12" }, { total_size: -1 }, { total_size: 1.5 }])(
    "has no total in the metadata %j",
    (metadata) => {
      const index = indexOf({ metadata, weight_map: {} });
      expect(parseShardIndex(index).totalBytes).toBeUndefined();
    },
  );

  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", []],
    ["null", null],
    ["no weight_map", { metadata: {} }],
    ["a weight_map that is a list", { weight_map: [] }],
    ["a number for a file", withFile(4)],
    ["an empty name", withFile("")],
    ["the folder above", withFile("../x.safetensors")],
    ["the folder above, for Windows", withFile("..\\x.safetensors")],
    ["a folder", withFile("other/x.safetensors")],
    ["an absolute path", withFile("/etc/x.safetensors")],
    ["a drive", withFile("C:x.safetensors")],
    ["an address", withFile("https://example.org/x.safetensors")],
    ["another type of file", withFile("config.json")],
    ["the folder itself", withFile(".")],
    ["an end of text in it", withFile("x\u0000.safetensors")],
    ["an end of line in it", withFile("x\n.safetensors")],
    ["a name without end", withFile(`${"x".repeat(300)}.safetensors`)],
  ])("with %s is refused", (_, index) => {
    expect(() => parseShardIndex(indexOf(index))).toThrow(refused);
  });

  it("that is not UTF-8 is refused", () => {
    expect(() => parseShardIndex(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(refused);
  });

  it("is refused, or has plain names, whatever it says", () => {
    const file = fc.oneof(
      fc.string().map((name) => `${name}.safetensors`),
      fc.constantFrom("..", "/", "a/b.safetensors", "%2e%2e/x.safetensors", 1, null),
    );
    const index = fc.oneof(
      fc.jsonValue(),
      fc.record({ weight_map: fc.dictionary(fc.string(), file), metadata: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(index, (value) => {
        try {
          for (const name of parseShardIndex(indexOf(value)).shards.keys()) {
            const base = "https://example.org/model/";
            expect(new URL(encodeURIComponent(name), base).href.startsWith(base)).toBe(true);
            expect(name).not.toMatch(/[/\\:]|^\.\.?$/);
          }
        } catch (error) {
          if (!(error instanceof PapilioError)) throw error;
          expect(error.code).toBe("STATE_DICT_INDEX");
        }
      }),
      { numRuns: 1000 },
    );
  });
});
