import { Butterfly, type Chain, KroneckerSparse, Pattern } from "@papilio/butterfly";

/** Of the product of all factors: dense where the chain is not chainable. */
export function wholePattern(chain: Chain): Pattern {
  return chain.chainable ? chain.product() : new Pattern(1, chain.rows, chain.cols, 1);
}

/** All factors multiplied out into one of the {@link wholePattern}, in float64 and rounded once. */
export function multiplyOut(butterfly: Butterfly): Butterfly {
  const { chain, factors } = butterfly;
  if (chain.chainable) return butterfly.merge(0, factors.length);
  const entries = Float32Array.from(butterfly.convert("float64").dense());
  return new Butterfly([new KroneckerSparse(wholePattern(chain), entries)]);
}
