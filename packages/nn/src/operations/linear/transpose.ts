import { KroneckerSparse, type Pattern } from "@papilio/butterfly";
import { Parameter } from "../../modules/parameter.ts";
import type { Matrix } from "./matrix.ts";

/** A transposed factor, and what computes its numbers. */
interface Transposed {
  readonly parameter: Parameter;
  readonly fill: (values: Float32Array) => void;
}

/** The transposed factor of the numbers that a parameter has: another one where others are assigned to it. */
const turned = new WeakMap<object, Transposed>();

/**
 * The transposed matrix: transposed factors in reverse order. Their numbers are copies, which are made when they are
 * first used, once for all graphs.
 */
export function transposedMatrix({ chain, factors }: Matrix): Matrix {
  const transposed = chain.patterns.map((pattern, index) =>
    transposedFactor(pattern, factors[index] as Parameter),
  );
  return { chain: chain.transpose(), factors: transposed.reverse() };
}

function transposedFactor(pattern: Pattern, factor: Parameter): Parameter {
  const known = turned.get(factor.identity);
  if (known !== undefined) return known.parameter;
  const { a, b, c, d } = pattern;
  const fill = (values: Float32Array): void => {
    values.set(new KroneckerSparse(pattern, factor.values).transpose().values);
  };
  const parameter = new Parameter([a, c, b, d], fill);
  turned.set(factor.identity, { parameter, fill });
  return parameter;
}

/** Computes the transposed numbers of a factor again, where they exist, after its own were changed in place. */
export function renewTransposed(factor: Parameter): void {
  const known = turned.get(factor.identity);
  known?.fill(known.parameter.values);
}
