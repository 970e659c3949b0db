import { type Chain, LAYOUTS, type Layout } from "@papilio/butterfly";
import {
  requireChain,
  requireListOf,
  requireNumber,
  requireObject,
  requireOneOf,
  requireText,
} from "@papilio/butterfly/errors";
import type { FactorRange } from "@papilio/butterfly/planning";
import {
  type KroneckerSparseVariant,
  kroneckerSparseName,
} from "../kernels/kronecker-sparse/variant.ts";
import { type InputShape, requireInputShape } from "../tensor/input-shape.ts";
import { requirePlan } from "./require-plan.ts";

/** One pass over global memory: what becomes of the factors `from` to `to - 1` of a chain. */
export interface Stage extends FactorRange {
  /**
   * `multiply`: one factor, as it is. `fuse`: one kernel applies them one after the other and keeps
   * what lies between on the chip. `merge`: they are multiplied out in advance into one factor.
   */
  readonly how: "multiply" | "fuse" | "merge";
  /**
   * Whether a stage that fuses does so on the device's matrix units, in half precision with sums in float32: their
   * products must divide the blocks of its factors. Such stages are measured by `tunePlan`, and planned where
   * they are asked for.
   */
  readonly matrixUnits?: boolean;
  /**
   * Shape of the kernel of a stage that multiplies or merges, as `tuneStages` measures it for vectors of a shape; for
   * others that it does not suit, and unless given, rules choose it.
   */
  readonly variant?: KroneckerSparseVariant;
}

/** How the factors of a chain are multiplied on a device. Plain data. */
export interface Plan {
  /** Layout of what lies between the stages; where it is not the input's, both ends are transposed. */
  readonly layout: Layout;
  /** Left-most factors first, so the last stage runs first. */
  readonly stages: readonly Stage[];
}

/** The plan that every chain has: factor by factor. */
export function factorByFactor(chain: Chain, layout: Layout): Plan {
  requireChain("The chain", chain);
  requireOneOf("The layout", layout, LAYOUTS);
  const stages = chain.patterns.map((_, from): Stage => ({ from, to: from + 1, how: "multiply" }));
  return { layout, stages };
}

/** Whether two plans do the same. */
export function samePlan(p: Plan, q: Plan): boolean {
  return planName(p) === planName(q);
}

/** A plan in a word, such as `batch-last fuse(0-6) merge(6-12)`. */
export function planName(plan: Plan): string {
  requireObject("The plan", plan, "an object with layout and stages");
  const { layout, stages } = plan;
  requireText("The layout of the plan", layout);
  requireListOf("The stages", stages, requireStage);
  const names = stages.map(({ from, to, how, matrixUnits, variant }) => {
    const factors = how === "multiply" ? `${from}` : `${from}-${to}`;
    const shape = variant === undefined ? "" : ` as ${kroneckerSparseName(variant)}`;
    return `${how}${matrixUnits ? "-on-matrix-units" : ""}(${factors}${shape})`;
  });
  return `${layout} ${names.join(" ")}`;
}

/** A plan for people, in the order in which it runs: one line for each pass over memory. */
export function describePlan(plan: Plan, chain: Chain, shape: InputShape): string {
  requireChain("The chain", chain);
  requireInputShape(shape);
  requirePlan(chain, plan);
  const { batch, dtype, layout } = shape;
  const transposed = plan.layout !== layout;
  const passes = plan.stages.length + (transposed ? 2 : 0);
  const head = `${chain.rows} x ${chain.cols}, ${count(chain.length, "factor")}, batch ${batch} ${dtype} ${layout}: ${count(passes, "pass", "passes")} over memory`;
  const stages = plan.stages.toReversed().map(({ from, to, how, matrixUnits, variant }) => {
    const product = chain.product(from, to);
    const numbers = to - from === 1 ? `factor ${to}` : `factors ${from + 1} to ${to}`;
    const shape = variant === undefined ? "" : `, as ${kroneckerSparseName(variant)}`;
    if (how === "multiply") return `  ${numbers}: multiply by ${product}${shape}`;
    return how === "fuse"
      ? `  ${numbers}: fused${matrixUnits ? " on matrix units" : ""}, ${product.blocks} blocks of ${product.b} x ${product.c}, nothing between them in memory`
      : `  ${numbers}: merged in advance into ${product}, ${product.nonZeros} values instead of ${nonZeros(chain, from, to)}${shape}`;
  });
  const ends: [string[], string[]] = transposed
    ? [[`  transpose the input to ${plan.layout}`], [`  transpose the output to ${layout}`]]
    : [[], []];
  return [head, ...ends[0], ...stages, ...ends[1]].join("\n");
}

function nonZeros(chain: Chain, from: number, to: number): number {
  return chain.patterns.slice(from, to).reduce((sum, pattern) => sum + pattern.nonZeros, 0);
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function requireStage(name: string, value: unknown): void {
  requireObject(name, value, "an object with from, to and how");
  const { from, to, how } = value as Stage;
  requireNumber(`from of ${name}`, from);
  requireNumber(`to of ${name}`, to);
  requireText(`how of ${name}`, how);
}
