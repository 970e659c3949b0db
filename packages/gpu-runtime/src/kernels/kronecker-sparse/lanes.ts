import type { KroneckerSparseProblem } from "./problem.ts";
import type { RegisterKroneckerSparse } from "./variant.ts";

/**
 * The part of the register kernel that depends on the axis along which invocations run, as WGSL.
 *
 * The loop around it defines `l`, the reduction index at the start of a turn, and `input`, the
 * feature that it reads. Inside a turn the steps `u` are constants, and feature `input + u * d`
 * belongs to index `l + u`.
 */
export interface Lanes {
  /** Workgroups in all. */
  readonly tiles: number;
  /** Elements of one load or store in each buffer. */
  readonly widths: { readonly x: number; readonly w: number; readonly y: number };
  /** Statements that find this invocation's place. They define `block`, in `a * d`. */
  readonly locate: readonly string[];
  /** Statements that depend on the block. They define `first`, the first feature that it reads. */
  readonly enter: readonly string[];
  /** Value of the operand along the lanes, for accumulator column `s`. */
  along(s: number, u: number): string;
  /** Loads of the operand across the lanes at the start of a turn, where each invocation has several values of one. */
  readonly loads?: readonly string[];
  /** Value of the operand across the lanes, for accumulator row `t`, loaded by each invocation. */
  across(t: number, u: number): string;
  /** Loads that the members of a subgroup share, at the start of a turn, and how to read them. */
  readonly shared?: {
    readonly loads: readonly string[];
    across(t: number, u: number): string;
  };
  /**
   * Present where weights are of few bits: the loop goes over the 32 inputs of each scale and over units of eight, and
   * `along` is a number of the unit, whose products are added up before they are scaled.
   */
  readonly fewBits?: {
    /** Module-scope declarations. */
    readonly declare: string;
    /** Statements at the start of a `part`, of 32 inputs. */
    readonly scales: readonly string[];
    /** The scale of accumulator column `s`. */
    scale(s: number): string;
    /** Statements at the start of a turn. */
    readonly loads: readonly string[];
  };
  /** First value of accumulator (t, s) when outputs have a bias. */
  bias(t: number, s: number): string;
  /** Statements that write accumulator (t, s). */
  store(t: number, s: number): string;
  /**
   * Present where an invocation computes several blocks in turn (`turn` counts them): `store` then
   * leaves the outputs in workgroup memory, and `write` brings them to y together.
   */
  readonly coalescedStore?: {
    readonly blocks: number;
    /** Module-scope declarations. */
    readonly declare: string;
    readonly write: string;
  };
}

/** Everything that the three kinds of lanes are generated from. */
export interface LanesInput {
  readonly problem: KroneckerSparseProblem;
  readonly variant: RegisterKroneckerSparse;
  /** Blocks to compute: `a * d`. */
  readonly blocks: number;
  /** Features of x. */
  readonly inputFeatures: number;
}

/** Wraps a store in the conditions that do not always hold. */
export function guarded(conditions: readonly (string | false)[], statement: string): string {
  const needed = conditions.filter((condition) => condition !== false);
  return needed.length === 0 ? statement : `if (${needed.join(" && ")}) { ${statement} }`;
}

/** WGSL for a vector of biases, given the features that they belong to. */
export function biases(features: readonly string[]): string {
  const values = features.map((feature) => `f32(bias[${feature}])`);
  return values.length === 1
    ? (values[0] as string)
    : `vec${values.length}<f32>(${values.join(", ")})`;
}
