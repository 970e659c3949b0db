import fc from "fast-check";
import { Chain, Pattern } from "../../../packages/butterfly/src/index.ts";

const entry = fc.constantFrom(1, 2, 3, 4);
const size = fc.constantFrom(12, 24, 48);

/** Three to five patterns whose sizes fit, of which no direction makes a chainable chain. */
export const unchainable: fc.Arbitrary<Chain> = fc
  .tuple(
    size,
    fc.array(fc.record({ a: entry, d: entry, cols: size }), { minLength: 3, maxLength: 5 }),
  )
  .filter(([, factors]) => factors.every(({ a, d }) => 12 % (a * d) === 0))
  .map(([first, factors]) => {
    let rows = first;
    return Chain.of(
      factors.map(({ a, d, cols }) => {
        const pattern = new Pattern(a, rows / (a * d), cols / (a * d), d);
        rows = cols;
        return pattern;
      }),
    );
  })
  .filter((chain) => !chain.chainable);
