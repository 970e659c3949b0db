import { describe, expect, it } from "vitest";
import { measureTraining } from "./measure-training.ts";
import { findModelSubject } from "./subjects.ts";
import { type TrainingEngine, trainingOnCpu } from "./training-engines.ts";

const subject = findModelSubject("llama-260k");
const options = { units: 8, rounds: 2, minSample: 1e-6, seed: 1 };

/** The trainer, whose losses or norms are changed. */
function changed(by: Partial<Record<"loss" | "norm", number>>): TrainingEngine {
  const engine = trainingOnCpu();
  return {
    ...engine,
    prepare: (model) => {
      const step = engine.prepare(model);
      return {
        bytes: null,
        run: async () => {
          const report = await step.run();
          const { loss = 1, norm = 1 } = by;
          return { ...report, loss: loss * report.loss, norm: norm * report.norm };
        },
        [Symbol.dispose]: () => step[Symbol.dispose](),
      };
    },
  };
}

describe("the benchmark of training", () => {
  it("compares steps with the reference, and times dense and butterfly layers", async () => {
    const saved: number[] = [];
    const { variants, skipped, complete } = await measureTraining([trainingOnCpu()], subject, {
      ...options,
      linears: ["dense", "butterfly"],
      onMeasured: (soFar) => void saved.push(soFar.variants.length),
    });
    expect(complete).toBe(true);
    expect(skipped).toEqual([]);
    expect(saved).toEqual([1, 2, 2, 2, 2, 2]);
    expect(variants.map(({ linear }) => linear)).toEqual(["dense", "butterfly"]);
    for (const { verification, wall } of variants) {
      expect(verification).toMatchObject({ ok: true, units: 16, steps: 3 });
      expect(wall.length).toBe(2);
    }
    // A product, that of its transpose for what comes before, and its weights' gradient: two each for weight and token.
    const weights = 5 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 172 * 64) + 512 * 64;
    expect(variants[0]?.linearFlops).toBe(3 * 2 * 8 * weights);
    expect(variants[1]?.linearFlops).toBeLessThan(3 * 2 * 8 * weights);
  });

  it.each([{ loss: 1.001 }, { norm: 1.001 }])("times nothing that is wrong: %o", async (by) => {
    const [variant] = (
      await measureTraining([changed(by)], subject, { ...options, linears: ["butterfly"] })
    ).variants;
    expect(variant?.verification.ok).toBe(false);
    expect(variant?.wall).toEqual([]);
    expect(variant?.repeats).toBe(null);
  });

  it("refuses a model that is not trained", async () => {
    const decode = findModelSubject("llama-260k-decode");
    await expect(
      measureTraining([trainingOnCpu()], decode, { ...options, linears: ["dense"] }),
    ).rejects.toMatchObject({ code: "MODEL_UNKNOWN" });
  });
});
