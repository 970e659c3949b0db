import { CpuModel, CpuStates } from "@papilio/nn/backends";
import { describe, expect, it, vi } from "vitest";
import { computeReference, drawInputs, type Reference, verifyOutputs } from "./reference.ts";
import { findModelSubject } from "./subjects.ts";

const EPSILON = 2 ** -23;

/** Outputs of two images, or of the first two tokens. */
function referenceOf(repeating: boolean): Reference {
  return {
    units: 2,
    outputs: { y: Float64Array.of(3, 4, 0, 12) },
    repeating,
    operations: 16,
    factors: 0,
    longest: 9,
  };
}

describe("verifying outputs", () => {
  it("measures the error in the Euclidean norm, and allows what roundings add up to", () => {
    const outputs = { y: Float32Array.of(3, 4, 0, 12) };
    const result = verifyOutputs(referenceOf(true), outputs, "f32");
    expect(result).toMatchObject({ ok: true, relativeError: 0, nonFinite: 0, units: 2 });
    expect(result.bound).toBeCloseTo(2 * 4 * (1 + 3) * EPSILON, 12);
    const half = verifyOutputs(referenceOf(true), outputs, "f16");
    expect(half.bound).toBeCloseTo(2 * 4 * (2 ** -10 + 3 * EPSILON), 9);
    const wrong = verifyOutputs(referenceOf(true), { y: Float32Array.of(3, 4, 0.13, 12) }, "f32");
    expect(wrong.ok).toBe(false);
    expect(wrong.relativeError).toBeCloseTo(0.01, 6);
    // Which half precision would have been allowed.
    const loose = verifyOutputs(referenceOf(true), { y: Float32Array.of(3, 4, 0.05, 12) }, "f16");
    expect(loose.ok).toBe(true);
  });

  it("compares all images with the first, and of tokens the first", () => {
    const y = Float32Array.of(3, 4, 0, 12, 3, 5);
    expect(verifyOutputs(referenceOf(false), { y }, "f32").ok).toBe(true);
    expect(verifyOutputs(referenceOf(true), { y }, "f32").ok).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "is wrong where %d is among the outputs",
    (value) => {
      const compared = verifyOutputs(
        referenceOf(true),
        { y: Float32Array.of(3, 4, value, 12) },
        "f16",
      );
      expect(compared).toMatchObject({ ok: false, relativeError: null, nonFinite: 1 });
      const others = { y: Float32Array.of(3, 4, 0, 12, value) };
      expect(verifyOutputs(referenceOf(false), others, "f16")).toMatchObject({
        ok: false,
        relativeError: 0,
        nonFinite: 1,
      });
    },
  );
});

describe("the reference on the CPU", () => {
  const subject = findModelSubject("llama-260k");
  const built = subject.build("dense", 1);
  const units = 64;
  const size = { units, verified: units };
  const inputs = drawInputs(subject, built.trace(units), { ...size, seed: 1 });
  const task = { inputs, past: {} };

  it("is what the model computes at once, to the last bit", async () => {
    using model = new CpuModel(built.trace(units), { precision: "float64" });
    const { outputs } = await computeReference(subject, built, task, size);
    expect(outputs).toEqual(model.runNow(inputs));
  });

  it("stops in the middle when the signal aborts", async () => {
    // A clock by which every operation takes longer than a slice, however fast the machine is.
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => {
      now += 1000;
      return now;
    });
    try {
      const controller = new AbortController();
      const computing = computeReference(subject, built, task, size, controller.signal);
      setTimeout(() => controller.abort("enough"));
      await expect(computing).rejects.toBe("enough");
    } finally {
      clock.mockRestore();
    }
  });

  it("of a token after others is that of the whole text", async () => {
    const prompt = { units: 5, verified: 5 };
    const whole = subject.build("butterfly", 2);
    const graph = whole.trace(5);
    const given = drawInputs(subject, graph, { ...prompt, seed: 4 });
    const states = new CpuStates();
    using model = new CpuModel(graph, { precision: "float64", states });
    const { logits } = model.runNow(given);
    // Keys and values of the first four, which the prompt left.
    const past = Object.fromEntries(
      [...graph.states].map(([name, { value }]) => {
        const kept = states.of(name, () => new Float64Array());
        return [name, Float32Array.from(kept.subarray(0, 4 * value.features))];
      }),
    );
    const decode = findModelSubject("llama-260k-decode");
    const step = decode.build("butterfly", 2);
    const inputs = {
      ...drawInputs(decode, step.trace(5), { ...prompt, seed: 4 }),
      ids: (given.ids as Uint32Array).slice(4),
    };
    const { outputs } = await computeReference(decode, step, { inputs, past }, prompt);
    for (const [index, logit] of (logits as Float64Array).entries()) {
      expect(outputs.logits?.[index]).toBeCloseTo(logit, 5);
    }
  });
});
