import { KroneckerSparse, type Pattern } from "@papilio/butterfly";
import { Parameter } from "../../modules/parameter.ts";
import type { Matrix } from "./matrix.ts";

/** The transposed factor of the numbers that a parameter has: another one where others are assigned to it. */
const turned = new WeakMap<object, Parameter>();

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
  if (known !== undefined) return known;
  const { a, b, c, d } = pattern;
  const made = new Parameter([a, c, b, d], (values) => {
    values.set(new KroneckerSparse(pattern, factor.values).transpose().values);
  });
  turned.set(factor.identity, made);
  return made;
}
