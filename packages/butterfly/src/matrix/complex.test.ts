import { describe, expect, it } from "vitest";
import type { Complex } from "../numeric/complex.ts";
import { uniform } from "../numeric/random.ts";
import { Chain } from "../pattern/chain.ts";
import { Pattern } from "../pattern/pattern.ts";
import { Butterfly } from "./butterfly.ts";
import { ComplexButterfly } from "./complex-butterfly.ts";
import { ComplexKroneckerSparse } from "./complex-kronecker-sparse.ts";
import { KroneckerSparse } from "./kronecker-sparse.ts";
import { referenceProduct } from "./reference-product.ts";

type Numbers = Complex<Float64Array>;
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

function drawNumbers(length: number): Numbers {
  const next = uniform(7);
  return {
    re: Float64Array.from({ length }, next),
    im: Float64Array.from({ length }, next),
  };
}

/** `left · right` of dense matrices, `[rows, inner]` and `[inner, cols]`, by the definition. */
function product(left: Numbers, right: Numbers, inner: number): Numbers {
  const rows = left.re.length / inner;
  const cols = right.re.length / inner;
  const [re, im] = [new Float64Array(rows * cols), new Float64Array(rows * cols)];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < cols; column++) {
      for (let t = 0; t < inner; t++) {
        const [p, q] = [row * inner + t, t * cols + column];
        const [a, b] = [left.re[p] as number, left.im[p] as number];
        const [c, d] = [right.re[q] as number, right.im[q] as number];
        re[row * cols + column] = (re[row * cols + column] as number) + a * c - b * d;
        im[row * cols + column] = (im[row * cols + column] as number) + a * d + b * c;
      }
    }
  }
  return { re, im };
}

function expectClose(actual: Complex<Float32Array> | Numbers, expected: Numbers): void {
  for (const part of ["re", "im"] as const) {
    expect(actual[part].length).toBe(expected[part].length);
    expected[part].forEach((value, index) => {
      expect(actual[part][index]).toBeCloseTo(value, 12);
    });
  }
}

describe("a complex factor", () => {
  const factor = ComplexKroneckerSparse.random(new Pattern(2, 3, 4, 2), {
    seed: 1,
    dtype: "float64",
  });

  it("multiplies as its dense matrix does", () => {
    const x = drawNumbers(16 * 5);
    const y = referenceProduct(factor, x, { batch: 5, layout: "batch-last" });
    expectClose(y, product(factor.dense(), x, 16));
  });

  it("is conjugated and transposed as its dense matrix is", () => {
    const { re, im } = factor.transpose().conjugate().dense();
    const dense = factor.dense();
    for (let row = 0; row < 12; row++) {
      for (let column = 0; column < 16; column++) {
        expect(re[column * 12 + row]).toBe(dense.re[row * 16 + column]);
        expect(im[column * 12 + row]).toBe(0 - (dense.im[row * 16 + column] as number));
      }
    }
    const again = ComplexKroneckerSparse.fromDense(factor.pattern, dense);
    expect(again.re.values).toEqual(factor.re.values);
    expect(again.im.values).toEqual(factor.im.values);
  });

  it("refuses parts that do not belong together", () => {
    const [p, q] = ["1,2,2,2", "2,2,2,1"].map((text) =>
      KroneckerSparse.random(Pattern.parse(text), { seed: 0 }),
    ) as [KroneckerSparse, KroneckerSparse];
    expect(() => new ComplexKroneckerSparse(p, q)).toThrow(code("COMPLEX_PARTS"));
    const x = { re: new Float64Array(16), im: new Float64Array(15) };
    const shape = { batch: 1, layout: "batch-first" } as const;
    expect(() => referenceProduct(factor, x, shape)).toThrow(code("COMPLEX_PARTS"));
  });
});

describe("a complex butterfly", () => {
  const chain = Chain.parse("1,3,4,4; 4,4,2,1");
  const matrix = ComplexButterfly.random(chain, { seed: 3, dtype: "float64" });
  const [left, right] = matrix.factors as [
    ComplexKroneckerSparse<Float64Array>,
    ComplexKroneckerSparse<Float64Array>,
  ];
  const expected = product(left.dense(), right.dense(), 16);

  it("is the product of its factors, however it is computed", () => {
    expectClose(matrix.dense(), expected);
    expectClose(matrix.merge(0, 2).dense(), expected);
    expectClose(matrix.share().transpose().transpose().dense(), expected);
    expectClose(matrix.conjugate().conjugate().dense(), expected);
  });

  it("rounds once, to the precision of its input", () => {
    const single = matrix.convert("float32");
    const x = { re: new Float32Array(8).fill(1), im: new Float32Array(8).fill(-2) };
    const shape = { batch: 1, layout: "batch-first" } as const;
    const exact = referenceProduct(
      single.convert("float64"),
      { re: Float64Array.from(x.re), im: Float64Array.from(x.im) },
      shape,
    );
    const y = referenceProduct(single, x, shape);
    expect(y).toEqual({ re: Float32Array.from(exact.re), im: Float32Array.from(exact.im) });
  });

  it("of a real one computes with each part alone", () => {
    const real = Butterfly.random(Chain.monarch(16), { seed: 5, dtype: "float64" });
    const x = drawNumbers(16);
    const shape = { batch: 1, layout: "batch-first" } as const;
    const y = referenceProduct(ComplexButterfly.fromReal(real), x, shape);
    expectClose(y, {
      re: referenceProduct(real, x.re, shape),
      im: referenceProduct(real, x.im, shape),
    });
  });
});
