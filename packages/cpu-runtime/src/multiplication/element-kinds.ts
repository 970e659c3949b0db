import {
  type BatchShape,
  Butterfly,
  type CompiledMatrix,
  type Complex,
  ComplexButterfly,
  type ComplexKroneckerSparse,
  type FloatArray,
  type KroneckerSparse,
} from "@papilio/butterfly";
import { arrayTag, requireArray } from "@papilio/butterfly/errors";
import { decodeHalf, encodeHalf, requireParts, zeros } from "@papilio/butterfly/numeric";
import type { FactorRange } from "@papilio/butterfly/planning";
import type { CpuDtype, StageFactor } from "./pack-program.ts";
import type { ChainVectors, CpuVectors } from "./packed-chain.ts";

/** Real matrices of any precision. */
export type RealButterfly = Butterfly<FloatArray>;
/** Complex matrices of any precision. */
export type AnyComplexButterfly = ComplexButterfly<FloatArray>;

/** What real and complex matrices, in single and double precision, differ in: `X` is a batch of vectors. */
export interface ElementKind<M extends RealButterfly | AnyComplexButterfly, X> {
  readonly dtype: CpuDtype;
  /** Numbers that make an element: 1 real, 2 complex. */
  readonly parts: 1 | 2;
  /**
   * Refuses what are not vectors of this kind.
   *
   * @param like other vectors, of whose precision they must be
   * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `COMPLEX_PARTS`
   */
  require(what: string, x: X, like?: X): void;
  /** The arrays of the vectors: one, or the real and the imaginary parts. */
  partsOf(x: X): readonly ChainVectors[];
  /** New vectors in the precision of others. */
  allocateLike(x: X, length: number): X;
  /** The factors of a range, multiplied out into one. */
  stageFactor(matrix: M, range: FactorRange): StageFactor;
  /** Multiplies where there is no engine. */
  multiplyByReference(matrix: CompiledMatrix<never>, x: X, shape: BatchShape, y: X): Promise<void>;
}

export const REAL: ElementKind<RealButterfly, CpuVectors> = {
  dtype: "f32",
  parts: 1,
  require(what, x, like) {
    if (like === undefined) requireArray(what, x, "Float32Array", "Uint16Array");
    else requireArray(what, x, isSingle(like) ? "Float32Array" : "Uint16Array");
  },
  partsOf: (x) => [x],
  // Of this realm, whatever realm the other array is of.
  allocateLike: (x, length) => (isSingle(x) ? new Float32Array(length) : new Uint16Array(length)),
  stageFactor: realStageFactor,
  async multiplyByReference(matrix, x, shape, y) {
    const single = matrix as CompiledMatrix;
    if (isSingle(x)) await single.multiply(x, shape, { out: y as Float32Array });
    else y.set(encodeHalf(await single.multiply(decodeHalf(x), shape)));
  },
};

export const REAL_DOUBLE: ElementKind<RealButterfly, Float64Array> = {
  dtype: "f64",
  parts: 1,
  require: (what, x) => requireArray(what, x, "Float64Array"),
  partsOf: (x) => [x],
  allocateLike: (_, length) => new Float64Array(length),
  stageFactor: realStageFactor,
  async multiplyByReference(matrix, x, shape, y) {
    await (matrix as CompiledMatrix<Float64Array>).multiply(x, shape, { out: y });
  },
};

export const COMPLEX: ElementKind<AnyComplexButterfly, Complex> = complexKind("f32");
export const COMPLEX_DOUBLE: ElementKind<AnyComplexButterfly, Complex<Float64Array>> = complexKind(
  "f64",
);

function complexKind<V extends FloatArray>(
  dtype: CpuDtype,
): ElementKind<AnyComplexButterfly, Complex<V>> {
  const type = dtype === "f64" ? "float64" : "float32";
  const array = dtype === "f64" ? "Float64Array" : "Float32Array";
  const part = (length: number): V => zeros(type, length) as V;
  return {
    dtype,
    parts: 2,
    require(what, x) {
      requireArray(`${what}'s real part`, x?.re, array);
      requireArray(`${what}'s imaginary part`, x?.im, array);
      requireParts(x);
    },
    partsOf: ({ re, im }) => [re, im],
    allocateLike: (_, length) => ({ re: part(length), im: part(length) }),
    stageFactor: complexStageFactor,
    async multiplyByReference(matrix, x, shape, y) {
      await (matrix as CompiledMatrix<Complex<V>>).multiply(x, shape, { out: y });
    },
  };
}

function isSingle(x: CpuVectors): x is Float32Array {
  return arrayTag(x) === "Float32Array";
}

function realStageFactor(butterfly: RealButterfly, { from, to }: FactorRange): StageFactor {
  const factors = butterfly.factors.slice(from, to);
  const merged = to - from === 1 ? factors : new Butterfly(factors).merge(0, to - from).factors;
  const { pattern, sharing, values } = (merged[0] as KroneckerSparse<FloatArray>).share();
  return { pattern, sharing, values: [values] };
}

function complexStageFactor(
  butterfly: AnyComplexButterfly,
  { from, to }: FactorRange,
): StageFactor {
  const factors = butterfly.factors.slice(from, to);
  const merged =
    to - from === 1 ? factors : new ComplexButterfly(factors).merge(0, to - from).factors;
  const { re, im } = (merged[0] as ComplexKroneckerSparse<FloatArray>).share();
  // Blocks are packed once along the axes where both parts are equal.
  const sharing = { a: re.sharing.a && im.sharing.a, d: re.sharing.d && im.sharing.d };
  const values = [re, im].map((part) => part.withSharing(sharing).values);
  return { pattern: re.pattern, sharing, values };
}
