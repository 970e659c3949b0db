import fc from "fast-check";
import { type AttentionCase, drawAttention, wrongAttention } from "./attend.ts";
import { BOTH_SIMDS } from "./run-kernel.ts";

/** Attention of any shape up to these sizes, all of which tiles and blocks divide badly. */
export function attentionProperty(most: {
  readonly queries: number;
  readonly keys: number;
}): fc.IProperty<unknown[]> {
  const count = (max: number, min: number = 1): fc.Arbitrary<number> => fc.integer({ min, max });
  const cases = fc
    .record({
      sequences: fc.oneof(fc.constant(1), count(4)),
      queries: fc.oneof(count(5), count(most.queries)),
      keys: count(most.keys),
      keyValueHeads: count(3),
      sharing: count(3),
      headFeatures: count(20),
      scale: fc.constantFrom(0.3, 1, 3, -1),
      causal: fc.boolean(),
      place: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      lengths: fc.option(fc.array(count(most.keys, 0), { minLength: 4, maxLength: 4 }), {
        nil: undefined,
      }),
    })
    .map(({ sharing, place, lengths, ...rest }): AttentionCase => {
      const { sequences, keys } = rest;
      return {
        ...rest,
        heads: sharing * rest.keyValueHeads,
        at: place === undefined ? undefined : Math.floor(place * (keys - 1)),
        counts: lengths?.slice(0, sequences).map((length) => Math.min(length, keys)),
      };
    });
  const odd = fc.constantFrom(0, 0, 0, 0.001, 0.02);
  return fc.property(
    cases,
    fc.constantFrom(...BOTH_SIMDS),
    fc.nat(),
    odd,
    (given, simd, seed, share) => {
      const wrong = wrongAttention(given, drawAttention(given, seed, share), simd);
      if (wrong.length > 0) throw new Error(wrong.slice(0, 3).join("\n"));
    },
  );
}
