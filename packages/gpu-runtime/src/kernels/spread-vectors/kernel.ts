import type { Layout } from "@papilio/butterfly";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { isNanWgsl } from "../not-a-number.ts";
import {
  accessWidth,
  type BatchStorage,
  element,
  indexBinding,
  outputsKernel,
  vectorBindings,
} from "../outputs.ts";
import { perElementShader } from "../per-element.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";
import type { Reduction } from "../reduction.ts";
import { enabledBy, narrowed, opaque, wideType } from "../wgsl.ts";

/** The gradient of `y[g]`, the mean, the sum or the largest of `x[g·period + t]` over all `t < period`. */
export interface SpreadVectorsProblem extends BatchStorage {
  readonly kind: Reduction;
  /** Vectors of dy. */
  readonly groups: number;
  /** Vectors of a group, those past its length included. */
  readonly period: number;
  readonly features: number;
  /** Whether each group has a length of its own, of at most the period: the rest gets 0. */
  readonly lengths: boolean;
  /** Where x lies, for the largest: its layout, and how many vectors are allocated. */
  readonly x?: { readonly layout: Layout; readonly batch: number } | undefined;
}

/**
 * Generates the gradient of `reduceVectorsKernel`: what came of a group goes to each of its vectors that count,
 * divided by their number for a mean; of the largest to the first vector that is it, or the first that is NaN,
 * feature by feature. The others get 0. `from` and `batches.from` are those of dy. Bindings: dy, y (the gradient of
 * x), then x for the largest, then lengths (u32, one for each group) if they have such.
 */
export function spreadVectorsKernel(problem: SpreadVectorsProblem): Kernel {
  requireProblem("spread-vectors", problem, {
    ...storageChecks,
    batches: checks.batches,
    kind: checks.oneOf("sum", "mean", "max"),
    groups: checks.count,
    period: checks.count,
    features: checks.count,
    lengths: checks.flag,
    x: (name, x) => {
      if (problem.kind !== "max") return;
      checks.shape(name, x);
    },
  });
  return problem.kind === "max" ? toLargest(problem) : toAll(problem);
}

function labelOf({ kind, groups, period, features }: SpreadVectorsProblem): string {
  return `spread-vectors ${kind} ${groups}x${period}x${features}`;
}

function toAll(problem: SpreadVectorsProblem): Kernel {
  const { kind, groups, period, lengths, batches, from, to, dtype } = problem;
  const width = accessWidth(problem.features, "batch-first", [from, to]);
  const features = problem.features / width;
  const wide = wideType(width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const [x, y] = vectorBindings(dtype, width);
  const own = `${wide}(${element("dy", strides, "group_of", "feature")})`;
  const length = lengths ? `min(lengths[group_of], ${period}u)` : `${period}u`;
  return outputsKernel({
    label: labelOf(problem),
    dtype,
    width,
    y: { batch: batches.to, layout: to, count: groups * period, features },
    bindings: [{ ...x, name: "dy" }, y, ...(lengths ? [indexBinding("lengths")] : [])],
    body: `let group_of = vector / ${period}u;
  let length = ${length};
  var value = ${wide}();
  if (vector % ${period}u < length) {
    value = ${own}${kind === "mean" ? " / f32(length)" : ""};
  }`,
  });
}

/** An invocation takes a feature of a group: it finds the largest first. */
function toLargest(problem: SpreadVectorsProblem): Kernel {
  const { groups, period, features, lengths, batches, from, to, dtype, x } = problem;
  const shape = x ?? { layout: to, batch: batches.to };
  const [of, y] = vectorBindings(dtype, 1);
  const place = (at: string): string => `vector * ${period}u + ${at}`;
  const number = element("x", stridesOf(shape, features), place("at"), "feature");
  const output = stridesOf({ batch: batches.to, layout: to }, features);
  const own = element(
    "dy",
    stridesOf({ batch: batches.from, layout: from }, features),
    "vector",
    "feature",
  );
  return {
    label: labelOf(problem),
    enables: enabledBy(dtype),
    bindings: [
      { ...of, name: "dy" },
      y,
      { ...of, name: "x" },
      ...(lengths ? [indexBinding("lengths")] : []),
    ],
    ...perElementShader(
      { batch: groups, parts: { name: "feature", count: features }, to },
      `let length = ${lengths ? `min(lengths[vector], ${period}u)` : opaque(period)};
  var chosen = 0u;
  var largest = 0.0;
  for (var at = 0u; at < length; at++) {
    let next = f32(${number});
    let is_larger = next > largest || ${isNanWgsl("next", 1)};
    if (at == 0u || (is_larger && !${isNanWgsl("largest", 1)})) {
      chosen = at;
      largest = next;
    }
  }
  let own = f32(${own});
  for (var at = 0u; at < ${opaque(period)}; at++) {
    let value = select(0.0, own, at == chosen && at < length);
    ${element("y", output, place("at"), "feature")} = ${narrowed(dtype, 1, "value")};
  }`,
    ),
  };
}
