import { expect, it } from "vitest";
import { attentionProblem } from "../../testing/expect-attention.ts";
import { report } from "../../testing/variants.ts";
import { attentionVariants } from "./candidates.ts";
import { attentionKernel } from "./kernel.ts";
import { matrixAttentionVariants } from "./matrix-candidates.ts";
import { matrixAttentionPlan } from "./matrix-plan.ts";
import { attentionName } from "./variant.ts";

const sizes = { queries: 197, keys: 197, heads: 6, headFeatures: 64 };
const problem = attentionProblem(sizes, "f16");
const product = { from: "f16", to: "f32", rows: 16, columns: 16, depth: 16 };

/** Hardware with such units, 32 invocations in a subgroup and WebGPU's default limits. */
function withUnits(products = [product]): ReturnType<typeof report> {
  const base = report("hardware", 32);
  return { ...base, features: { ...base.features, matrixUnits: { taken: true, products } } };
}

it("proposes shapes on the units within the limits, after the one that is chosen", () => {
  const variants = attentionVariants(withUnits(), problem);
  expect(variants[0]?.kind).toBe("workgroup");
  expect(variants.map(({ kind }) => kind)).toContain("matrix");
  expect(new Set(variants.map(attentionName)).size).toBe(variants.length);
  for (const variant of matrixAttentionVariants(withUnits(), problem)) {
    const { wgsl, enables } = attentionKernel(problem, variant);
    expect(enables).toEqual(["f16", "subgroups", "chromium_experimental_subgroup_matrix"]);
    const declared = [...wgsl.matchAll(/var<workgroup> \w+: array<f(\d+), (\d+)>/g)];
    const bytes = declared.reduce(
      (sum, [, bits, count]) => sum + (Number(bits) / 8) * Number(count),
      0,
    );
    expect(bytes).toBe(matrixAttentionPlan(problem, variant).bytes);
    expect(bytes).toBeLessThanOrEqual(16384);
    expect(Number(/@workgroup_size\((\d+)\)/.exec(wgsl)?.[1])).toBeLessThanOrEqual(256);
  }
});

it.each([
  ["float32", withUnits(), attentionProblem(sizes, "f32")],
  ["a device without units", report("hardware", 32), problem],
  ["one query", withUnits(), attentionProblem({ ...sizes, queries: 1 }, "f16")],
  [
    "a product of more rows than a subgroup has invocations",
    withUnits([{ ...product, rows: 64 }]),
    problem,
  ],
  ["sums in half precision", withUnits([{ ...product, to: "f16" }]), problem],
  [
    "heads that workgroup memory has no room for",
    withUnits(),
    attentionProblem({ ...sizes, headFeatures: 512 }, "f16"),
  ],
])("proposes none for %s", (_, adapter, given) => {
  const variants = attentionVariants(adapter, given);
  expect(variants.length).toBeGreaterThan(0);
  expect(variants.map(({ kind }) => kind)).not.toContain("matrix");
});

it("is refused in float32, and with tiles that are no whole products", () => {
  const [variant] = matrixAttentionVariants(withUnits(), problem);
  if (variant === undefined) throw new Error("There is no variant.");
  const refused = expect.objectContaining({ code: "KERNEL_PROBLEM" });
  expect(() => attentionKernel(attentionProblem(sizes, "f32"), variant)).toThrow(refused);
  expect(() => attentionKernel(problem, { ...variant, keys: 24 })).toThrow(refused);
  expect(() => attentionKernel(problem, { ...variant, subgroup: 24 })).toThrow(refused);
});
