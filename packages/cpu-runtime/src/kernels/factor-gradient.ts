import type { Pattern } from "@papilio/butterfly";
import { requireObject, requirePattern, requireWhole } from "@papilio/butterfly/errors";
import { FACTOR_GRADIENT } from "../wasm/kernel-ids.ts";
import type { KernelCall } from "./kernel-call.ts";
import { tileWidth, vectorsBytes } from "./layout.ts";
import { vectorsOperand } from "./problem.ts";

/**
 * `dK[i, j, l, k] = Σ dy[v, i, j, k] x[v, i, l, k]` over all vectors `v`: the gradient of the values of a factor of
 * pattern `(a, b, c, d)`.
 */
export interface FactorGradientProblem {
  readonly vectors: number;
  readonly pattern: Pattern;
}

/** Rows and columns of a block that are an item at most, and groups that are packed together: assembly/kernels. */
const STRIP = 48;
const CHUNK = 64;
/** Arithmetic of an item of small blocks, about: some tens of microseconds. */
const ITEM_FLOPS = 2 ** 20;
/** Items that keep all threads busy, and vectors of a part of the batch at least. */
const ENOUGH_ITEMS = 32;
const PART_VECTORS = 256;

/**
 * Sums over parts of the batch, which there is one of unless blocks are few and vectors many; the sum over the vectors
 * of `parts` is the gradient. Operands: x, of `a c d` features, dy, of `a b d`, and parts, {@link factorGradientParts}
 * vectors of the `a b c d` values in the order of `[a, b, c, d]`.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function factorGradient(problem: FactorGradientProblem): KernelCall {
  const { blocksEach, runs, strips, parts, groupsEach } = divide(problem);
  const { vectors, pattern } = problem;
  const { a, b, c, d } = pattern;
  const pairs = (size: number): number => Math.ceil(Math.min(STRIP, size) / 2);
  const [rowPairs, columnPairs] = [pairs(b), pairs(c)];
  const x = { vectors, features: a * c * d };
  const dy = { vectors, features: a * b * d };
  return {
    kernel: FACTOR_GRADIENT,
    label: `gradient of factor ${a},${b},${c},${d} of ${vectors} vectors`,
    items: runs * strips * parts,
    scratchBytes: 32 * CHUNK * (rowPairs + columnPairs) + 64 * rowPairs * columnPairs,
    operands: [
      vectorsOperand("x", "read", "tiles", x),
      vectorsOperand("dy", "read", "tiles", dy),
      vectorsOperand("parts", "write", "tiles", { vectors: parts, features: a * b * c * d }),
    ],
    words: ([xAt = 0, dyAt = 0, partsAt = 0]) => [
      ...[xAt, dyAt, partsAt, vectors, a, b, c, d],
      ...[blocksEach, parts, groupsEach],
    ],
    flops: 2 * vectors * a * b * c * d,
    bytes:
      vectorsBytes("tiles", vectors, x.features) +
      vectorsBytes("tiles", vectors, dy.features) +
      4 * parts * a * b * c * d,
  };
}

/**
 * Vectors of the sums that {@link factorGradient} writes: as many whatever the number of threads.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function factorGradientParts(problem: FactorGradientProblem): number {
  return divide(problem).parts;
}

/** How the work is divided: into runs of blocks or strips of one, and parts of the batch. */
function divide(problem: FactorGradientProblem): {
  readonly blocksEach: number;
  readonly runs: number;
  readonly strips: number;
  readonly parts: number;
  readonly groupsEach: number;
} {
  requireObject("The problem", problem, "a FactorGradientProblem");
  const { vectors, pattern } = problem;
  requireWhole("The number of vectors", vectors, 1);
  requirePattern("The pattern", pattern);
  const { a, b, c, d } = pattern;
  const strips = Math.ceil(b / STRIP) * Math.ceil(c / STRIP);
  const flops = 2 * vectors * b * c;
  const blocksEach = strips > 1 ? 1 : Math.max(1, Math.floor(ITEM_FLOPS / flops));
  const runs = Math.ceil((a * d) / blocksEach);
  // One where blocks are many; a batch of one tile is not divided.
  const wanted = Math.ceil(ENOUGH_ITEMS / (runs * strips));
  const most = Math.max(1, Math.min(wanted, Math.floor(vectors / PART_VECTORS)));
  const groups = Math.ceil(vectors / 4);
  const inTile = Math.max(1, tileWidth(vectors) / 4);
  const groupsEach = inTile * Math.ceil(groups / most / inTile);
  return { blocksEach, runs, strips, parts: Math.ceil(groups / groupsEach), groupsEach };
}
