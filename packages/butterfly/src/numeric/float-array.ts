import { arrayTag, requireNumber, requireOneOf } from "../errors/argument-checks.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** Real numbers in single or double precision. */
export type FloatArray = Float32Array | Float64Array;

/** The arrays by the name of their element type. */
export interface FloatArrays {
  float32: Float32Array;
  float64: Float64Array;
}

/** The name of an element type, as the field's libraries write it. */
export type FloatType = keyof FloatArrays;

const FLOAT_TYPES: readonly FloatType[] = ["float32", "float64"];

const CONSTRUCTORS: { readonly [T in FloatType]: new (length: number) => FloatArrays[T] } = {
  float32: Float32Array,
  float64: Float64Array,
};

/**
 * Most elements in one array. Index maps and GPU kernels count elements in 32-bit integers, and so
 * does the paper's grid.
 */
const MAX_ELEMENTS = 2 ** 31 - 1;

/** Most entries of a dense form: 1 GiB in float32. Only inspection and small tests want more. */
const MAX_DENSE_ENTRIES = 2 ** 28;

/**
 * `length` zeros.
 *
 * @throws PapilioError `ARRAY_TOO_LARGE` before anything is allocated, or when memory runs out;
 *   `OPTION_INVALID`
 */
export function zeros<T extends FloatType>(type: T, length: number): FloatArrays[T] {
  requireFloatType(type);
  requireNumber("The length", length);
  return allocate(CONSTRUCTORS[type], length);
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireFloatType(type: FloatType): void {
  requireOneOf("The element type", type, FLOAT_TYPES);
}

/** `length` zeros of the element type of `array`. Throws what {@link zeros} throws. */
export function zerosLike<V extends FloatArray>(array: V, length: number): V {
  return zeros(floatTypeOf(array), length) as V;
}

/** `length` zeros for indices. Throws what {@link zeros} throws. */
export function indices(length: number): Uint32Array {
  return allocate(Uint32Array, length);
}

export function floatTypeOf(array: FloatArray): FloatType {
  return arrayTag(array) === "Float32Array" ? "float32" : "float64";
}

/** @throws PapilioError `DENSE_TOO_LARGE` when a dense matrix of this size is out of proportion */
export function requireDense(rows: number, cols: number): void {
  if (rows * cols <= MAX_DENSE_ENTRIES) return;
  throw new PapilioError(
    "DENSE_TOO_LARGE",
    `The dense ${rows} x ${cols} matrix has ${rows * cols} entries, more than ${MAX_DENSE_ENTRIES}.`,
    "Multiply by the factor itself, or take the dense form of a smaller one.",
  );
}

function allocate<A>(ArrayType: new (length: number) => A, length: number): A {
  try {
    if (length <= MAX_ELEMENTS) return new ArrayType(length);
  } catch (cause) {
    throw tooLarge(length, "more than this machine can allocate", cause);
  }
  throw tooLarge(length, `more than ${MAX_ELEMENTS}`);
}

function tooLarge(length: number, reason: string, cause?: unknown): PapilioError {
  return new PapilioError(
    "ARRAY_TOO_LARGE",
    `An array of ${length} elements is needed: ${reason}.`,
    "Use a smaller pattern or a smaller batch.",
    { cause },
  );
}
