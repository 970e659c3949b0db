import { requireObject } from "@papilio/butterfly/errors";
import { checks, requireProblem } from "../problem-checks.ts";

/**
 * The shape of a kernel of attention's gradient. Invocations run along the vectors whose gradients they sum: queries, or
 * keys. Each has the scores of its own with a few of the others in registers, and its sums in workgroup memory.
 */
export interface AttentionGradientVariant {
  /** Vectors of an invocation, `workgroup` apart. */
  readonly own: number;
  /** Of the other vectors, those that are taken together. */
  readonly others: number;
  /** Invocations. With a broadcast, a multiple of the subgroup's size. */
  readonly workgroup: number;
  /**
   * How invocations come by the numbers of the other vectors, which are the same for all: each loads them, or the
   * members of a subgroup of this very size load one each and broadcast it.
   */
  readonly broadcast: "load" | number;
}

export function gradientName({ own, others, workgroup }: AttentionGradientVariant): string {
  return `${own}x${others} of ${workgroup}`;
}

/** @throws PapilioError `OPTION_INVALID`, `KERNEL_PROBLEM` */
export function requireGradientVariant(variant: AttentionGradientVariant): void {
  requireObject("The variant", variant, "a variant of attention's gradient");
  requireProblem("attention gradient", variant, {
    own: checks.count,
    others: checks.count,
    workgroup: checks.count,
    broadcast: (name, value) => {
      if (value !== "load") checks.count(name, value);
    },
  });
}
