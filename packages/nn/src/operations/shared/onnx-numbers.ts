import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";

/** `0, 1, 2, ...`. */
export function range(length: number, to: OnnxBuilder): OnnxValue {
  return to.once(to, `range ${length}`, () =>
    to.integers(Uint32Array.from({ length }, (_, index) => index)),
  );
}

export function isPositive(numbers: OnnxValue, to: OnnxBuilder): OnnxValue {
  return to.each("Greater", numbers, to.integers([0]));
}

/** Numbers of terms as divisors of their sums. */
export function atLeastOne(counts: OnnxValue, to: OnnxBuilder): OnnxValue {
  const positive = to.each("Max", counts, to.integers([1]));
  return to.node("Cast", [positive], counts.shape, { to: 1 });
}
