import { LinearLayer } from "@papilio/nn/layers";
import { describe, expect, it } from "vitest";
import { drawInputs } from "./reference.ts";
import type { BuiltModel } from "./subject.ts";
import { findModelSubject, modelSubjects } from "./subjects.ts";

function linearsOf({ model }: BuiltModel): Map<string, LinearLayer> {
  return new Map(
    [...model.namedModules()].filter(
      (entry): entry is [string, LinearLayer] => entry[1] instanceof LinearLayer,
    ),
  );
}

describe("the models that are timed", () => {
  it.each(modelSubjects)(
    "$name has butterfly layers in the place of dense ones of the same shape",
    (subject) => {
      const dense = linearsOf(subject.build("dense", 1));
      const butterfly = linearsOf(subject.build("butterfly", 1));
      expect([...butterfly.keys()]).toEqual([...dense.keys()]);
      for (const [path, layer] of butterfly) {
        const { inFeatures, outFeatures } = dense.get(path) as LinearLayer;
        expect(layer).toMatchObject({ inFeatures, outFeatures });
      }
      expect(subject.verified ?? 0).toBeLessThanOrEqual(subject.units);
      expect(subject.units).toBeLessThanOrEqual(subject.most);
    },
  );

  it.each([
    // What the replacements of arXiv 2405.15013 leave in ViT-S/16, and those like them.
    ["vit-s16", "blocks.0", [0.25, 0.5417, 0.25]],
    ["vit-tiny16", "blocks.0", [0.25, 0.5417, 0.25]],
    ["gpt2-medium-block", "h.0", [0.25, 0.5313, 0.25]],
    ["gpt2", "h.0", [0.25, 0.5417, 0.25]],
  ] as const)("%s keeps these shares of the weights", (name, block, shares) => {
    const linears = linearsOf(findModelSubject(name).build("butterfly", 1));
    const share = (path: string): number => {
      const { weightCount, inFeatures, outFeatures } = linears.get(
        `${block}.${path}`,
      ) as LinearLayer;
      return Number((weightCount / (inFeatures * outFeatures)).toFixed(4));
    };
    expect(["attn.q_proj", "mlp.fc1", "mlp.fc2"].map(share)).toEqual(shares);
  });

  it("are those of the presets by their parameters", () => {
    const parameters = (name: string): number =>
      findModelSubject(name).build("dense", 1).model.parameterCount;
    expect(parameters("vit-s16")).toBe(22_050_664);
    expect(parameters("gpt2-medium-block")).toBe(12 * 1024 ** 2 + 13 * 1024);
    expect(parameters("llama-260k")).toBe(260_032);
    // Those of the checkpoints, heads tied.
    expect(parameters("gpt2")).toBe(124_439_808);
    expect(parameters("stories-15m")).toBe(15_191_712);
    expect(parameters("stories-110m")).toBe(109_529_856);
    // Those of all-MiniLM-L6-v2 but for its pooler, which has a dense layer that nothing reads.
    expect(parameters("minilm-l6")).toBe(22_713_216 - 384 * 385);
  });

  it("are found by name alone", () => {
    expect(() => findModelSubject("vit")).toThrow(
      expect.objectContaining({ code: "MODEL_UNKNOWN" }),
    );
  });
});

describe("inputs", () => {
  it("repeat after the first images, and tokens do not", () => {
    const vision = findModelSubject("vit-tiny16");
    const graph = vision.build("dense", 1).trace(5);
    const { images } = drawInputs(vision, graph, { units: 5, verified: 2, seed: 3 });
    const numbers = images as Float32Array;
    const each = numbers.length / 5;
    const image = (index: number): Float32Array => numbers.slice(index * each, (index + 1) * each);
    expect(image(0)).not.toEqual(image(1));
    expect(image(2)).toEqual(image(0));
    expect(image(3)).toEqual(image(1));
    expect(image(4)).toEqual(image(0));
    const text = findModelSubject("llama-260k");
    const traced = text.build("dense", 1).trace(64);
    const { ids } = drawInputs(text, traced, { units: 64, verified: 2, seed: 3 });
    expect(new Set(ids).size).toBeGreaterThan(32);
    expect(ids?.every((id) => id < 512)).toBe(true);
  });
});
