import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import {
  accessWidth,
  type BatchStorage,
  element,
  indexBinding,
  outputsKernel,
  vectorBindings,
} from "../outputs.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { type Reduction, reduceWgsl } from "../reduction.ts";
import { opaque, wideType } from "../wgsl.ts";

/** `y[g]` is the mean, the sum or the largest of `x[g·period + t]` over all `t < period`. */
export interface ReduceVectorsProblem extends BatchStorage {
  readonly kind: Reduction;
  /** Vectors to write. */
  readonly groups: number;
  /** Vectors of a group, those past its length included. */
  readonly period: number;
  readonly features: number;
  /** Whether each group has a length of its own, of at most the period: the rest does not count. */
  readonly lengths: boolean;
}

/**
 * Generates the reduction of sequences to one vector each: pooling over tokens or pixels. Bindings:
 * x, y, and lengths (u32, one for each group) if they have such. A group of length 0 gives 0.
 */
export function reduceVectorsKernel(problem: ReduceVectorsProblem): Kernel {
  requireProblem("reduce-vectors", problem, {
    ...storageChecks,
    batches: checks.batches,
    kind: checks.oneOf("sum", "mean", "max"),
    groups: checks.count,
    period: checks.count,
    features: checks.count,
    lengths: checks.flag,
  });
  const { kind, groups, period, lengths, batches, from, to, dtype } = problem;
  const width = accessWidth(problem.features, "batch-first", [from, to]);
  const features = problem.features / width;
  const wide = wideType(width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const length = lengths ? `min(lengths[vector], ${period}u)` : opaque(period);
  return outputsKernel({
    label: `reduce-vectors ${kind} ${groups}x${period}x${problem.features}`,
    dtype,
    width,
    y: { batch: batches.to, layout: to, count: groups, features },
    bindings: [...vectorBindings(dtype, width), ...(lengths ? [indexBinding("lengths")] : [])],
    body: reduceWgsl({
      reduction: kind,
      width,
      start: `vector * ${period}u`,
      end: `start + ${length}`,
      term: `${wide}(${element("x", strides, "at", "feature")})`,
    }),
  });
}
