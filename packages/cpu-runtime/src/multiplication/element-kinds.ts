import {
  type BatchShape,
  Butterfly,
  type CompiledMatrix,
  type Complex,
  ComplexButterfly,
  type ComplexKroneckerSparse,
  type KroneckerSparse,
} from "@papilio/butterfly";
import { arrayTag, requireArray } from "@papilio/butterfly/errors";
import { decodeHalf, encodeHalf, requireParts } from "@papilio/butterfly/numeric";
import type { FactorRange } from "@papilio/butterfly/planning";
import type { StageFactor } from "./pack-program.ts";
import type { CpuVectors } from "./packed-chain.ts";

/** What the reference multiplies for a matrix. */
type KindOfVectors<M> = M extends Butterfly ? Float32Array : Complex;

/** What real and complex matrices differ in: `M` the matrix, `X` a batch of vectors. */
export interface ElementKind<M extends Butterfly | ComplexButterfly, X> {
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
  partsOf(x: X): readonly CpuVectors[];
  /** New vectors in the precision of others. */
  allocateLike(x: X, length: number): X;
  /** The factors of a range, multiplied out into one. */
  stageFactor(matrix: M, range: FactorRange): StageFactor;
  /** Multiplies where there is no engine. */
  multiplyByReference(
    matrix: CompiledMatrix<KindOfVectors<M>>,
    x: X,
    shape: BatchShape,
    y: X,
  ): Promise<void>;
}

export const REAL: ElementKind<Butterfly, CpuVectors> = {
  parts: 1,
  require(what, x, like) {
    if (like === undefined) requireArray(what, x, "Float32Array", "Uint16Array");
    else requireArray(what, x, isSingle(like) ? "Float32Array" : "Uint16Array");
  },
  partsOf: (x) => [x],
  // Of this realm, whatever realm the other array is of.
  allocateLike: (x, length) => (isSingle(x) ? new Float32Array(length) : new Uint16Array(length)),
  stageFactor(butterfly, { from, to }) {
    const factors = butterfly.factors.slice(from, to);
    const merged = to - from === 1 ? factors : new Butterfly(factors).merge(0, to - from).factors;
    const { pattern, sharing, values } = (merged[0] as KroneckerSparse).share();
    return { pattern, sharing, values: [values] };
  },
  async multiplyByReference(matrix, x, shape, y) {
    if (isSingle(x)) await matrix.multiply(x, shape, { out: y as Float32Array });
    else y.set(encodeHalf(await matrix.multiply(decodeHalf(x), shape)));
  },
};

function isSingle(x: CpuVectors): x is Float32Array {
  return arrayTag(x) === "Float32Array";
}

export const COMPLEX: ElementKind<ComplexButterfly, Complex> = {
  parts: 2,
  require(what, x) {
    requireArray(`${what}'s real part`, x?.re, "Float32Array");
    requireArray(`${what}'s imaginary part`, x?.im, "Float32Array");
    requireParts(x);
  },
  partsOf: ({ re, im }) => [re, im],
  allocateLike: (_, length) => ({ re: new Float32Array(length), im: new Float32Array(length) }),
  stageFactor(butterfly, { from, to }) {
    const factors = butterfly.factors.slice(from, to);
    const merged =
      to - from === 1 ? factors : new ComplexButterfly(factors).merge(0, to - from).factors;
    const { re, im } = (merged[0] as ComplexKroneckerSparse).share();
    // Blocks are packed once along the axes where both parts are equal.
    const sharing = { a: re.sharing.a && im.sharing.a, d: re.sharing.d && im.sharing.d };
    const values = [re, im].map((part) => part.withSharing(sharing).values);
    return { pattern: re.pattern, sharing, values };
  },
  async multiplyByReference(matrix, x, shape, y) {
    await matrix.multiply(x, shape, { out: y });
  },
};
