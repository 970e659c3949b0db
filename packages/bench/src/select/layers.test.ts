import { describe, expect, it } from "vitest";
import { modelLayers, parseLayers } from "./layers.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("a model's layers", () => {
  it("are read with what they say and without what they do not", () => {
    const text = JSON.stringify({
      layers: [
        { name: "up", chain: "1,32,32,32; 32,32,32,1", batch: 196, dtype: "f16" },
        { name: "down", chain: "4,64,64,4", layout: "batch-first" },
      ],
    });
    const [up, down] = parseLayers(text);
    expect({ ...up, chain: `${up?.chain}` }).toEqual({
      name: "up",
      chain: "1,32,32,32;32,32,32,1",
      batch: 196,
      dtype: "f16",
    });
    expect({ ...down, chain: `${down?.chain}` }).toEqual({
      name: "down",
      chain: "4,64,64,4",
      layout: "batch-first",
    });
  });

  it.each([
    "null",
    "[]",
    "7",
    '"layers"',
    "{}",
    '{"layers":[]}',
    '{"layers":{}}',
    '{"layers":[{"name":"a"}]}',
    '{"layers":[{"name":"","chain":"1,2,2,1"}]}',
    '{"layers":[{"name":"a","chain":"1,2,2"}]}',
    '{"layers":[{"name":"a","chain":""}]}',
    '{"layers":[{"name":"a","chain":"1,2,2,3;1,5,5,1"}]}',
    '{"layers":[{"name":"a","chain":"1,2,2,1","batch":0}]}',
    '{"layers":[{"name":"a","chain":"1,2,2,1","batch":1.5}]}',
    '{"layers":[{"name":"a","chain":"1,2,2,1","dtype":"f64"}]}',
    '{"layers":[{"name":"a","chain":"1,2,2,1","layout":"sideways"}]}',
    '{"layers":[{"name":"a","chain":"1,2,2,1","bacth":128}]}',
    '{"layers":[{"name":"a","chain":"1,2,2,1"}],"__proto__":{"x":1}}',
  ])("are refused as %s", (text) => {
    expect(() => parseLayers(text)).toThrow(code("LAYERS_INVALID"));
  });

  it("are refused where they are not JSON, and name the place that does not fit", () => {
    expect(() => parseLayers("{")).toThrow(code("LAYERS_SYNTAX"));
    expect(() => parseLayers('{"layers":[{"name":"a","chain":"1,2,2,1","batch":-1}]}')).toThrow(
      /layers\.0\.batch/,
    );
    expect(() => parseLayers('{"layers":[{"name":"odd","chain":"1,2"}]}')).toThrow(/"odd"/);
  });

  it("of ViT-S/16 have its sizes", () => {
    const sizes = modelLayers["vit-s-16"]?.map(({ chain }) => [chain.rows, chain.cols]);
    expect(sizes).toEqual([
      [384, 384],
      [1536, 384],
      [384, 1536],
    ]);
  });
});
