import { LAYOUTS, Pattern } from "@papilio/butterfly";
import fc from "fast-check";
import { expect } from "vitest";
import type { AdapterReport } from "../device/report.ts";
import { coalescedStoreBytes } from "../kernels/kronecker-sparse/along-outputs.ts";
import { kroneckerSparseKernel } from "../kernels/kronecker-sparse/kernel.ts";
import { matrixPlan } from "../kernels/kronecker-sparse/matrix-plan.ts";
import type { KroneckerSparseProblem } from "../kernels/kronecker-sparse/problem.ts";
import type { KroneckerSparseVariant } from "../kernels/kronecker-sparse/variant.ts";
import { vectorLayout } from "../kernels/kronecker-sparse/vector-layout.ts";
import { workgroupPlan } from "../kernels/kronecker-sparse/workgroup-plan.ts";

/** An adapter with WebGPU's default limits, and subgroups of one size or none. */
export function report(kind: "hardware" | "software", subgroup: number | null): AdapterReport {
  return {
    name: "test",
    vendor: "",
    architecture: "",
    driver: "",
    kind,
    embedded: false,
    features: {
      f16: true,
      subgroups: subgroup === null ? null : { min: subgroup, max: subgroup },
      timestamps: true,
    },
    limits: {
      maxBufferSize: 2 ** 28,
      maxStorageBufferBindingSize: 2 ** 27,
      maxComputeWorkgroupStorageSize: 16384,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupsPerDimension: 65535,
    },
    passedOver: [],
  };
}

const side = fc.integer({ min: 1, max: 512 });

/** Problems of any shape. */
export const problems = fc.record({
  pattern: fc
    .tuple(fc.integer({ min: 1, max: 9 }), side, side, side)
    .map(([a, b, c, d]) => new Pattern(a, b, c, d)),
  batch: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 2000 })),
  layout: fc.constantFrom(...LAYOUTS),
  dtype: fc.constantFrom("f32" as const, "f16" as const),
});
/** Adapters of both kinds, with and without subgroups. */
export const reports = fc
  .tuple(fc.constantFrom("hardware" as const, "software" as const), fc.constantFrom(null, 4, 8, 32))
  .map(([kind, subgroup]) => report(kind, subgroup));

/** Expects what a variant's kernel assumes (see `KroneckerSparseVariant`), and WebGPU's default limits. */
export function expectValid(
  { features: { subgroups } }: Pick<AdapterReport, "features">,
  problem: KroneckerSparseProblem,
  variant: KroneckerSparseVariant,
): void {
  const { pattern, batch, layout } = problem;
  const { workgroups, wgsl } = kroneckerSparseKernel(problem, variant);
  expect(Math.max(...workgroups)).toBeLessThanOrEqual(65535);
  const threads = Number(/@workgroup_size\((\d+)\)/.exec(wgsl)?.[1]);
  expect(threads).toBeGreaterThanOrEqual(1);
  expect(threads).toBeLessThanOrEqual(256);
  if (variant.kind === "workgroup") {
    const { tileM, tileN, threadM, threadN, neighbours } = variant;
    expect([tileM / threadM, tileN / threadN].every(Number.isInteger)).toBe(true);
    expect(neighbours).toBeLessThanOrEqual(pattern.d);
    expect(workgroupPlan(variant).bytes).toBeLessThanOrEqual(16384);
    return;
  }
  if (variant.kind === "matrix") {
    expect(wgsl).toContain("subgroupMatrixMultiplyAccumulate");
    expect(threads % variant.subgroup).toBe(0);
    expect(matrixPlan(problem, variant).bytes).toBeLessThanOrEqual(16384);
    return;
  }
  if (variant.kind === "vector") {
    expect(Number.isInteger(Math.log2(variant.splitK))).toBe(true);
    expect(batch).toBeLessThanOrEqual(8);
    const sums = (threads + variant.groups) * variant.tile * batch;
    expect(4 * sums).toBeLessThanOrEqual(16384);
    // Outputs fill half of every tile at least, and rows most of their last turn, in whole units of few bits.
    const { a, b, c, d } = pattern;
    const inputs = problem.weightDtype === undefined ? c : Math.ceil(c / 8) * 8;
    expect(vectorLayout(pattern, variant).length).toBeLessThanOrEqual(2.25 * a * b * inputs * d);
    if (variant.reduceScope === "subgroup") expect(threads).toBe(subgroups?.max);
    return;
  }
  if (problem.weightDtype === undefined) expect(pattern.c % variant.reduction).toBe(0);
  if (variant.lanes === "batch") {
    expect((layout === "batch-last" ? batch : 1) % variant.vector).toBe(0);
  }
  if (variant.lanes === "blocks") {
    expect((layout === "batch-first" || batch === 1 ? pattern.d : 1) % variant.vector).toBe(0);
  }
  if (variant.broadcast !== "load") expect(threads % variant.broadcast).toBe(0);
  if (variant.coalescedStore) {
    expect(pattern.d % 4).toBe(0);
    expect(coalescedStoreBytes(variant)).toBeLessThanOrEqual(16384);
  }
}
