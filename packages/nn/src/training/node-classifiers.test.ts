import { expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { difference } from "../testing/draw.ts";
import { CLASSIFIERS, trainedClassifier } from "../testing/trained-classifiers.ts";

/** The longer of two steps, exact in float32, of which the errors of the second order cancel (Richardson). */
const STEP = 2 ** -12;

/** Numbers of each parameter that are moved. */
const HANDFUL = 5;

it.each(Object.entries(CLASSIFIERS))(
  "the gradient of %s is that of central differences",
  async (_, make) => {
    const { graph, inputs, parameters } = trainedClassifier(make);
    const exact = new CpuModel(graph, { precision: "float64" });
    const found = exact.runNow(inputs);
    const loss = (): number => exact.runNow(inputs).loss?.[0] as number;
    const moved = [
      ["features", inputs.features] as const,
      ...[...parameters].map(([name, { values }]) => [name, values] as const),
    ];
    for (const [name, values] of moved) {
      const analytic = found[name] as ArrayLike<number>;
      expect(analytic.length).toBe(values.length);
      // Of all places.
      for (let index = 0; index < values.length; index += Math.ceil(values.length / HANDFUL)) {
        const start = values[index] as number;
        const slope = (step: number): number => {
          values[index] = start + step;
          const above = loss();
          values[index] = start - step;
          const below = loss();
          values[index] = start;
          return (above - below) / (2 * step);
        };
        const right = (4 * slope(STEP / 2) - slope(STEP)) / 3;
        // Shares of means are in float32, which puts them off by at most 2⁻²⁴ of themselves.
        expect(Math.abs((analytic[index] as number) - right)).toBeLessThanOrEqual(2 ** -24);
      }
    }
    using kernels = new CpuModel(graph, { kernels: "wasm" });
    const single = await kernels.run(inputs);
    for (const [name, right] of Object.entries(found)) {
      const { error, magnitude } = difference(single[name] as Float32Array, right);
      // Some hundred roundings of numbers of about 1.
      expect(error).toBeLessThanOrEqual(300 * 2 ** -23 * Math.max(1, magnitude));
    }
  },
);
