import { type KroneckerSparse, Pattern } from "@papilio/butterfly";
import { blockDiagonal } from "@papilio/butterfly/matrix";
import type { DeviceContext } from "../device/device-context.ts";
import { chooseRegisterKroneckerSparse } from "../kernels/kronecker-sparse/choose.ts";
import { packKroneckerSparse } from "../kernels/kronecker-sparse/pack.ts";
import { registerKernel } from "../kernels/kronecker-sparse/register-shader.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { type Multiplication, multiplication } from "./multiplication.ts";
import { shuffled } from "./shuffled.ts";

/**
 * Block-sparse rows: gather, a product with square blocks of size `gcd(b, c)` whose columns are read
 * from an index, scatter. A block row is a block of the pattern `(rows / size, size, c, 1)`, so the
 * product runs on the fused kernel's micro-kernel with indirect input columns.
 */
export function prepareBsr(
  gpu: DeviceContext,
  factor: KroneckerSparse,
  shape: InputShape,
): Multiplication {
  return multiplication(gpu, factor, shape, (buffers, { problem, factor: part }) => {
    const { b, c, rows, blocks: count } = part.pattern;
    const size = gcd(b, c);
    const blockRows = new Pattern(rows / size, size, c, 1);
    const product = { ...problem, pattern: blockRows };
    const variant = chooseRegisterKroneckerSparse(gpu.report, product, size);
    const kernel = registerKernel(product, variant, { size, features: part.pattern.cols });
    // In block-diagonal form the rows of a block follow one another, so that values are in place.
    const weights = buffers.upload(
      packKroneckerSparse(blockRows, blockDiagonal(part).values, variant),
      shape.dtype,
      "packed blocks",
    );
    const columns = new Uint32Array((rows / size) * (c / size));
    let write = 0;
    for (let block = 0; block < count; block++) {
      for (let row = 0; row < b / size; row++) {
        for (let column = 0; column < c; column += size) columns[write++] = block * c + column;
      }
    }
    const columnsBuffer = buffers.uploadIndices(columns, "block columns");
    return shuffled(problem, (x, y) => ({
      kernel,
      buffers: [x, weights, y, columnsBuffer],
      role: "multiply",
    }));
  });
}

function gcd(m: number, n: number): number {
  return n === 0 ? m : gcd(n, m % n);
}
