import { KroneckerSparse, Pattern, verify } from "@papilio/butterfly";
import { referenceProduct } from "@papilio/butterfly/matrix";

const factor = KroneckerSparse.random(Pattern.parse("4,64,64,4"), {
  seed: 0,
});
const shape = { batch: 1, layout: "batch-first" } as const;
const x = Float32Array.from({ length: factor.pattern.cols }, (_, i) =>
  Math.sin(i),
);

const reference = referenceProduct(factor, Float64Array.from(x), shape);
const absolute = factor.map((values) => values.map(Math.abs));
const magnitude = referenceProduct(
  absolute,
  Float64Array.from(x, Math.abs),
  shape,
);
const rounding = { dtype: "f32", terms: factor.pattern.c } as const;

// What was computed elsewhere; here, the exact product rounded once.
const y = Float32Array.from(reference);
console.log(verify(y, reference, magnitude, rounding).ok); // true

// One wrong output of 1024 is found, however small the difference is.
y[17] = (y[17] as number) + 1e-4;
const { ok, worstIndex } = verify(y, reference, magnitude, rounding);
console.log(ok, worstIndex); // false 17
