import { KroneckerSparse, Pattern } from "@papilio/butterfly";

const factor = KroneckerSparse.random(Pattern.parse("1,2,3,2"), { seed: 0 });
const { cols } = factor.pattern; // 6

// The same two vectors, 0 1 2 3 4 5 and 6 7 8 9 10 11, in either layout.
const rows = Float32Array.from({ length: 2 * cols }, (_, i) => i);
const columns = Float32Array.from({ length: 2 * cols }, (_, i) => (i % 2) * cols + (i >> 1));

const first = factor.apply(rows, { batch: 2, layout: "batch-first" }); // [2, 4]
const last = factor.apply(columns, { batch: 2, layout: "batch-last" }); // [4, 2]
console.log(first.length, first[5] === last[3]); // 8 true
