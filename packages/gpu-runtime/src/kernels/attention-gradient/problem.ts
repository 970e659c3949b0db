import type { BatchShape, StorageDtype } from "@papilio/butterfly";
import { type Strides, stridesOf } from "@papilio/butterfly/numeric";
import type { Binding } from "../../device/kernel.ts";
import {
  type AttentionSizes,
  requireRoom,
  requireShape,
  requireSizes,
} from "../attention/problem.ts";
import { checks, requireProblem } from "../problem-checks.ts";

/**
 * The gradient of attention, of whole sequences without a cache, as `AttentionProblem` describes it: of
 * `y = softmax(scale q kᵀ) v`, by its queries, keys and values.
 */
export interface AttentionGradientProblem extends Omit<AttentionSizes, "position"> {
  /** Of all operands but the statistics, which are in float32. */
  readonly dtype: "f32" | "f16";
  /**
   * How each operand lies in memory, of those that a kernel has; `batch`, the vectors of it, may be more than those that
   * count.
   */
  readonly shapes: Readonly<Partial<Record<AttentionOperand, BatchShape>>>;
}

/**
 * The operands: `dy` is the gradient by `y`; `statistics` has two numbers for each head of a query, the logarithm to base
 * 2 of its sum of exponentials and the product of `y` and `dy`; `dkv` has the features of the keys' gradient, then
 * those of the values'.
 */
export type AttentionOperand = (typeof OPERANDS)[number];

const OPERANDS = ["q", "k", "v", "y", "dy", "statistics", "dq", "dkv"] as const;

/** Numbers of a query of a head. */
export const STATISTICS = 2;

/** Elements between vectors and between features of an operand. */
export function strideOf(problem: AttentionGradientProblem, name: AttentionOperand): Strides {
  const { heads, keyValueHeads, headFeatures } = problem;
  const features = {
    ...{ q: heads * headFeatures, y: heads * headFeatures, dy: heads * headFeatures },
    ...{ k: keyValueHeads * headFeatures, v: keyValueHeads * headFeatures },
    ...{ dq: heads * headFeatures, dkv: 2 * keyValueHeads * headFeatures },
    statistics: heads * STATISTICS,
  };
  return stridesOf(problem.shapes[name] as BatchShape, features[name]);
}

/** The same problem for what is shared with attention. */
export function sizesOf(problem: AttentionGradientProblem): AttentionSizes {
  return { ...problem, position: false };
}

/** @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM`, `BATCH_INVALID`, `LAYOUT_INVALID` */
export function requireAttentionGradient(
  problem: AttentionGradientProblem,
  operands: readonly AttentionOperand[],
): void {
  requireGradientSizes(problem);
  requireProblem("attention gradient", problem, {
    shapes: (name, value) =>
      requireProblem(
        name,
        value as Record<string, unknown>,
        Object.fromEntries(
          OPERANDS.map((operand) => {
            const needed = operands.includes(operand);
            return [operand, needed ? requireShape : checks.optional(requireShape)];
          }),
        ),
      ),
  });
  const { queries, keys, shapes } = problem;
  const needed = operands.map((operand) => [
    operand,
    operand === "k" || operand === "v" || operand === "dkv" ? keys : queries,
  ]);
  requireRoom(problem, shapes as Record<AttentionOperand, BatchShape>, Object.fromEntries(needed));
}

/** @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM` */
export function requireGradientSizes(problem: Omit<AttentionGradientProblem, "shapes">): void {
  requireProblem("attention gradient", problem, {
    causal: checks.flag,
    dtype: checks.dtype,
    lengths: checks.flag,
  });
  requireSizes(problem);
}

/** Bindings of a kernel: operands, the last of which is written, and the lengths if there are any. */
export function gradientBindings(
  { dtype, lengths }: AttentionGradientProblem,
  operands: readonly AttentionOperand[],
): Binding[] {
  const elements = (name: AttentionOperand): StorageDtype =>
    name === "statistics" ? "f32" : dtype;
  return [
    ...operands.map((name): Binding => {
      const access = name === operands.at(-1) ? "read-write" : "read";
      return { name, elements: elements(name), access };
    }),
    ...(lengths ? [{ name: "lengths", elements: "u32", access: "read" } as const] : []),
  ];
}
