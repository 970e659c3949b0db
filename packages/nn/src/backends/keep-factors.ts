import { Chain } from "@papilio/butterfly";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { LinearOperation } from "../operations/linear/operation.ts";
import type { Operation } from "../operations/operation.ts";

/** What is kept of products whose factors are trained, and what is computed again. */
export interface KeptFactors {
  readonly operations: readonly Operation[];
  /** Products that are computed factor by factor, so that gradients read what is between these. */
  readonly kept: number;
  /** Bytes of that. */
  readonly bytes: number;
  /** Products of which gradients compute again what is between the factors. */
  readonly again: number;
}

/** Bytes that are kept unless another number is given. */
export const KEPT_BYTES: number = 2 ** 28;

/**
 * Gradients of factors compute again what the product has between its factors. Where there is memory to keep it from the
 * product on, the product is computed factor by factor, and once. Those that come last are kept first: for the shortest time.
 *
 * @param most bytes that may be kept in all
 * @param elementBytes of a number between factors
 */
export function keepFactors(
  operations: readonly Operation[],
  most: number,
  elementBytes: number,
): KeptFactors {
  const singles = singleFactors(operations);
  const replaced = new Map<Operation, readonly Operation[]>();
  const moved = new Set<Operation>();
  let [bytes, again] = [0, 0];
  for (const operation of operations.toReversed()) {
    if (operation.kind !== "linear" || moved.has(operation)) continue;
    const repeated = repeatedProducts(operation, singles).filter((one) => !moved.has(one));
    const last = repeated.at(-1);
    if (last === undefined) continue;
    const own = repeated.reduce(
      (sum, { output }) => sum + elementBytes * output.vectors * output.features,
      0,
    );
    if (bytes + own > most) {
      again++;
      continue;
    }
    bytes += own;
    for (const one of repeated) moved.add(one);
    const { patterns } = operation.matrix.chain;
    const rest = patterns.length - repeated.length;
    const matrix = {
      chain: Chain.of(patterns.slice(0, rest)),
      factors: operation.matrix.factors.slice(0, rest),
    };
    replaced.set(operation, [...repeated, { ...operation, x: last.output, matrix }]);
  }
  return {
    operations: operations
      .filter((operation) => !moved.has(operation))
      .flatMap((operation) => replaced.get(operation) ?? [operation]),
    kept: replaced.size,
    bytes,
    again,
  };
}

type SingleFactors = ReadonlyMap<Value, ReadonlyMap<Parameter, LinearOperation>>;

/** Products by one factor and nothing else, by what they are of and the factor. */
function singleFactors(operations: readonly Operation[]): SingleFactors {
  const found = new Map<Value, Map<Parameter, LinearOperation>>();
  for (const operation of operations) {
    if (operation.kind !== "linear" || operation.bias !== undefined) continue;
    const [factor, ...others] = operation.matrix.factors;
    if (factor === undefined || others.length > 0) continue;
    const own = found.get(operation.x) ?? new Map<Parameter, LinearOperation>();
    found.set(operation.x, own);
    if (!own.has(factor)) own.set(factor, operation);
  }
  return found;
}

/** The products by one factor, from the right-most on, that begin as this product does: all but its last at most. */
function repeatedProducts(
  { x, matrix }: LinearOperation,
  singles: SingleFactors,
): LinearOperation[] {
  const found: LinearOperation[] = [];
  let input = x;
  for (const factor of matrix.factors.slice(1).toReversed()) {
    const next = singles.get(input)?.get(factor);
    if (next === undefined) break;
    found.push(next);
    input = next.output;
  }
  return found;
}
