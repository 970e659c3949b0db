import { type AnyButterfly, type Complex, PermutedButterfly } from "@papilio/butterfly";
import {
  type ComplexTensor,
  type DenseTensor,
  fromBlockTwiddle,
  fromTwiddle,
  toComplex,
} from "@papilio/butterfly/files";
import type { StoredTensor } from "./stored-tensor.ts";

/**
 * The butterflies of a twiddle, real or complex, of numbers or of blocks: complex ones are of type `C64`, or have
 * their real and imaginary parts along a last axis, as PyTorch's `view_as_real` gives them.
 */
export function butterfliesFromTwiddle(
  tensor: StoredTensor,
  increasingStride: boolean,
): PermutedButterfly<AnyButterfly>[][] {
  const twiddle = twiddleOf(tensor);
  if (twiddle.shape.length > 6) return fromBlockTwiddle(twiddle as never, increasingStride);
  const stacks = fromTwiddle(twiddle as never, increasingStride) as AnyButterfly[][];
  return stacks.map((stack) => stack.map((one) => new PermutedButterfly(one)));
}

function twiddleOf(tensor: StoredTensor): DenseTensor<Float32Array> | ComplexTensor<Float32Array> {
  const { name, dtype, shape } = tensor;
  if (dtype === "C64") {
    return { shape, values: toComplex({ name, dtype, shape, bytes: tensor.bytes() }, "float32") };
  }
  const values = tensor.toReal("float32");
  const ofParts = shape.length % 2 === 1 && shape.at(-1) === 2;
  return ofParts ? { shape: shape.slice(0, -1), values: takeApart(values) } : { shape, values };
}

/** Every other number is an imaginary part. */
function takeApart(values: Float32Array): Complex {
  const [re, im] = [0, 1].map((part) =>
    new Float32Array(values.length / 2).map((_, index) => values[2 * index + part] as number),
  ) as [Float32Array, Float32Array];
  return { re, im };
}
