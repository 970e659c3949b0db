import { expect, it } from "vitest";
import { measureModel } from "./measure-models.ts";
import { papilioOnCpu } from "./papilio-engines.ts";
import { findModelSubject } from "./subjects.ts";

const OPTIONS = {
  units: 4,
  verified: 4,
  linears: ["dense", "butterfly"],
  rounds: 1,
  minSample: 0,
  seed: 1,
} as const;

it("weights of few bits are compared with a reference that has the same", async () => {
  const subject = findModelSubject("llama-260k-decode");
  const measured = await measureModel(
    [papilioOnCpu(["f32", "q8", "q4", "q3", "f8e4m3"])],
    subject,
    OPTIONS,
  );
  expect(measured.skipped).toEqual([]);
  const found = measured.variants.map(({ linear, dtype, verification }) => {
    // A hundredth of what rounding the weights to 4 bits changes; with these, inputs are rounded to 8 bits.
    expect(verification.bound).toBeLessThan(dtype === "q4" ? 0.1 : 0.002);
    return [linear, dtype, verification.ok];
  });
  expect(found).toEqual(
    ["dense", "butterfly"].flatMap((linear) =>
      ["f32", "q8", "q4", "q3", "f8e4m3"].map((dtype) => [linear, dtype, true]),
    ),
  );
});

it("other weights than those of the reference are found", async () => {
  const subject = findModelSubject("llama-260k-decode");
  const engine = papilioOnCpu(["q4"]);
  const other = {
    ...engine,
    prepare: (...given: Parameters<typeof engine.prepare>) =>
      engine.prepare(given[0], { ...given[1], dtype: "q8" }),
  };
  const { variants } = await measureModel([other], subject, OPTIONS);
  expect(variants.map(({ verification }) => verification.ok)).toEqual([false, false]);
});
