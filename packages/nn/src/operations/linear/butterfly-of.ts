import { Butterfly } from "@papilio/butterfly";
import type { Parameter } from "../../modules/parameter.ts";
import { factorOf, type Matrix } from "./matrix.ts";

/** The butterfly of each matrix that was asked for, by its left-most factor. */
const built = new WeakMap<Parameter, Butterfly>();

/**
 * The matrix as `@papilio/butterfly` has it. Its values are the parameters', not copies. It is built once
 * for all graphs, and again only where a parameter was given other values.
 */
export function butterflyOf({ chain, factors }: Matrix): Butterfly {
  const first = factors[0] as Parameter;
  const known = built.get(first);
  const values = factors.map((factor) => factor.values);
  const current =
    known?.chain.length === chain.length &&
    known.factors.every(
      (factor, index) =>
        factor.pattern.equals(chain.patterns[index] as typeof factor.pattern) &&
        factor.values === values[index],
    );
  if (known !== undefined && current) return known;
  const butterfly = new Butterfly(
    chain.patterns.map((pattern, index) => factorOf(pattern, factors[index] as Parameter)),
  );
  built.set(first, butterfly);
  return butterfly;
}
