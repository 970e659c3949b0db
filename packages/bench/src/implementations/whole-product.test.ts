import { Butterfly, Chain } from "@papilio/butterfly";
import { expect, it } from "vitest";
import { multiplyOut, wholePattern } from "./whole-product.ts";

it.each([
  ["2,3,4,2; 4,4,5,1", "2,6,10,1"],
  // Not chainable.
  ["1,4,2,2; 2,2,2,1; 1,2,2,2", "1,8,4,1"],
])("the product of %s is one factor of %s", (text, pattern) => {
  const chain = Chain.parse(text);
  expect(String(wholePattern(chain))).toBe(pattern);
  const butterfly = Butterfly.random(chain, { seed: 1 });
  const whole = multiplyOut(butterfly);
  expect(String(whole.chain)).toBe(pattern);
  const exact = butterfly.convert("float64").dense();
  expect(whole.dense()).toEqual(Float32Array.from(exact));
});
