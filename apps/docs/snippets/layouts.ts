import {
  compile,
  KroneckerSparse,
  Pattern,
  reference,
} from "@papilio/butterfly";

const factor = KroneckerSparse.random(Pattern.parse("1,2,3,2"), {
  seed: 0,
});
const { cols } = factor.pattern; // 6

// The same two vectors, 0 to 5 and 6 to 11, in either layout.
const rows = Float32Array.from({ length: 2 * cols }, (_, i) => i);
const columns = Float32Array.from(
  { length: 2 * cols },
  (_, i) => (i % 2) * cols + (i >> 1),
);

using weights = await compile(factor, reference);
const first = await weights.multiply(rows, {
  batch: 2,
  layout: "batch-first",
});
const last = await weights.multiply(columns, {
  batch: 2,
  layout: "batch-last",
});
console.log(first.length, first[5] === last[3]); // 8 true
