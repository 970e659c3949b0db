import { opaque, range, times } from "../wgsl.ts";
import { type AttentionGradientProblem, type AttentionOperand, strideOf } from "./problem.ts";
import type { AttentionGradientVariant } from "./variant.ts";

/** How the invocations of a kernel read the numbers of the other vectors. */
export interface SharedLoads {
  /** Loads of an invocation. */
  readonly loads: readonly number[];
  /** WGSL for the vector that load `r` is of, counted from `first`. */
  mine(r: number): string;
  /** WGSL for what the loads into `name` have brought of another vector. */
  across(name: string, other: number): string;
  /** The parameter of the shader's entry point that it needs. */
  readonly builtin: string;
}

export function loadsOf({ others, broadcast }: AttentionGradientVariant): SharedLoads {
  if (broadcast === "load") {
    return {
      loads: range(others),
      mine: (r) => `first + ${r}u`,
      across: (name, other) => `${name}${other}`,
      builtin: "",
    };
  }
  return {
    loads: range(Math.ceil(others / broadcast)),
    mine: (r) => `first + ${r * broadcast}u + member`,
    across: (name, other) =>
      `subgroupBroadcast(${name}${Math.floor(other / broadcast)}, ${other % broadcast}u)`,
    builtin: "@builtin(subgroup_invocation_id) member: u32,",
  };
}

/** WGSL for feature `f` of an operand, from where feature 0 of a head of a vector lies. */
export function featureOf(
  problem: AttentionGradientProblem,
  operand: AttentionOperand,
  place: string,
): string {
  const number = `${operand}[${place} + ${times("f", strideOf(problem, operand).feature)}]`;
  return problem.dtype === "f32" ? number : `f32(${number})`;
}

/** WGSL for statements over all features `f` of a head. */
export function everyFeature(
  { headFeatures }: AttentionGradientProblem,
  body: readonly string[],
): string {
  return `for (var f = 0u; f < ${opaque(headFeatures)}; f++) {
      ${body.join("\n      ")}
    }`;
}
