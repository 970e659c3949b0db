import type { Strides } from "@papilio/butterfly/numeric";
import { range, times, wideType } from "../wgsl.ts";

/** x or dy, as the kernel reads it. */
interface FactorGradientOperand {
  /** Name of its binding. */
  readonly name: "x" | "dy";
  readonly strides: Strides;
  readonly batchLast: boolean;
  /** Vectors of the batch that one turn of the loop takes, which are side by side when batch-last. */
  readonly turn: number;
  /** WGSL for the feature of an input or output of the block. */
  feature(index: string): string;
}

/** WGSL that reads an operand. */
export interface OperandLoads {
  /** Statements before the loop over the batch. */
  readonly locate: readonly string[];
  /** Statements of a turn, from vector `n` on. */
  readonly load: readonly string[];
  /** Number `at` of this invocation, of vector `n + u`. */
  value(at: number, u: number): string;
}

/**
 * Loads by each invocation for itself.
 *
 * @param indices of inputs or outputs: of the first of each load where a load takes several
 * @param width of a load when batch-first: so many features, or neighbouring blocks
 */
export function operandLoads(
  operand: FactorGradientOperand,
  indices: readonly string[],
  { features, blocks }: { readonly features: number; readonly blocks: number },
): OperandLoads {
  const { name, batchLast, turn } = operand;
  const width = batchLast ? turn : features * blocks;
  const { locate, read } = placed(operand, indices, width);
  const type = wideType(width);
  if (batchLast) {
    return {
      locate,
      load: indices.map((_, at) => `let ${name}${at} = ${type}(${read(at, 0)});`),
      value: (at, u) => (turn === 1 ? `${name}${at}` : `${name}${at}[${u}]`),
    };
  }
  return {
    locate,
    load: range(turn).flatMap((u) =>
      indices.map((_, at) => `let ${name}${at}_${u} = ${type}(${read(at, u)});`),
    ),
    value: (at, u) => {
      const loaded = `${name}${Math.floor(at / features)}_${u}`;
      return features === 1 ? loaded : `${loaded}[${at % features}]`;
    },
  };
}

/** Loads that the members of a subgroup of `size` share: member `m` reads number `m` of each group of them. */
export function sharedLoadsOf(
  operand: FactorGradientOperand,
  indices: readonly string[],
  size: number,
): OperandLoads {
  const { name, batchLast, turn } = operand;
  const own = operandLoads({ ...operand }, indices, { features: 1, blocks: 1 });
  const broadcast = (loaded: string, at: number): string =>
    `subgroupBroadcast(${loaded}, ${at % size}u)`;
  const members = range(indices.length * size);
  return {
    locate: own.locate,
    load: [
      ...own.load,
      ...members.flatMap((at) => {
        const group = Math.floor(at / size);
        return batchLast
          ? [`let ${name}All${at} = ${broadcast(`${name}${group}`, at)};`]
          : range(turn).map(
              (u) => `let ${name}All${at}_${u} = ${broadcast(`${name}${group}_${u}`, at)};`,
            );
      }),
    ],
    value: (at, u) => {
      if (!batchLast) return `${name}All${at}_${u}`;
      return turn === 1 ? `${name}All${at}` : `${name}All${at}[${u}]`;
    },
  };
}

/** Where loads of `width` numbers begin. */
function placed(
  { name, strides, batchLast, feature }: FactorGradientOperand,
  indices: readonly string[],
  width: number,
): { readonly locate: readonly string[]; read(at: number, u: number): string } {
  const step = strides.vector;
  const locate = indices.map(
    (index, at) => `let ${name}At${at} = ${times(feature(index), strides.feature)};`,
  );
  return {
    locate,
    read: (at, u) => {
      const vector = batchLast || u === 0 ? "n" : `(n + ${u}u)`;
      const place = `${name}At${at} + ${times(vector, step)}`;
      return `${name}[${width === 1 ? place : `(${place}) / ${width}u`}]`;
    },
  };
}
