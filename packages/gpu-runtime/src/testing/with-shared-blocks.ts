import { Butterfly, KroneckerSparse } from "@papilio/butterfly";
import { storedPattern } from "@papilio/butterfly/matrix";

/**
 * A butterfly whose factors have equal blocks along `a`, along `d`, or along both, by the sum of their
 * sizes: all of one butterfly the same, as in those that transforms are made of.
 */
export function withSharedBlocks({ factors, chain }: Butterfly): Butterfly {
  const { a, d } = chain.product();
  const sharing = [
    { a: true, d: false },
    { a: false, d: true },
    { a: true, d: true },
  ][(a + d + chain.length) % 3] as { a: boolean; d: boolean };
  return new Butterfly(
    factors.map(({ pattern, values }) => {
      const { nonZeros } = storedPattern(pattern, sharing);
      return new KroneckerSparse(pattern, values.slice(0, nonZeros), sharing).expand();
    }),
  );
}
