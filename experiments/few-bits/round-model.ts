import { Butterfly, type FloatArray } from "@papilio/butterfly";
import {
  decodeHalf,
  dequantizeValues,
  encodeHalf,
  type FewBits,
  type QuantizedValues,
  quantizedBytes,
  quantizeValues,
} from "@papilio/butterfly/numeric";
import {
  type RoundingOptions,
  roundButterfly,
  roundingError,
  valueScales,
} from "@papilio/butterfly/rounding";
import type { InputMoments } from "@papilio/nn/conversion";
import type { Module, Parameter } from "@papilio/nn/layers";
import type { RoundedNumbers } from "@papilio/nn/training";
import { StoredTensor, storedMatrices } from "@papilio/nn/weights";

export type Dtype = "f32" | "f16" | FewBits;
/** To the nearest; for the whole matrix; for its outputs; these, and trained then; these, of inputs that were rotated. */
export type Rounding = "plain" | "structured" | "calibrated" | "trained" | "rotated";

/** A matrix of a model, and its numbers before they are rounded. */
export interface ModelMatrix {
  /** Of its factors, left-most first. */
  readonly names: readonly string[];
  readonly factors: readonly Parameter[];
  readonly exact: Butterfly;
}

/** The matrices that `papilio quantize` rounds, with the parameters that they are made of. */
export function modelMatrices(model: Module): ModelMatrix[] {
  const named = model.namedParameters();
  const state = new Map(
    [...named].map(([name, { shape, values }]) => {
      return [name, StoredTensor.of({ name, dtype: "F32", shape, values })] as const;
    }),
  );
  return storedMatrices(state).map((stored) => {
    const names = stored.tensors.map(({ name }) => name);
    const factors = names.map((name) => named.get(name) as Parameter);
    return { names, factors, exact: stored.matrix().convert("float32") };
  });
}

/** What rounding did to the matrices of a model. */
export interface Rounded {
  /** Of the weights of the matrices. */
  readonly bytes: number;
  /** The median of `|W - B| / |W|` over the matrices. */
  readonly error: number;
  /** Of few bits. */
  readonly numbers: ReadonlyMap<Parameter, RoundedNumbers>;
}

/** Gives the parameters of the matrices the numbers that a type leaves. */
export async function roundModel(
  matrices: readonly ModelMatrix[],
  dtype: Dtype,
  rounding: Rounding,
  moments: ReadonlyMap<string, InputMoments>,
): Promise<Rounded> {
  const errors: number[] = [];
  const numbers = new Map<Parameter, RoundedNumbers>();
  let bytes = 0;
  for (const { names, factors, exact } of matrices) {
    // A product may be several chains, of which the right-most reads the inputs.
    const known = names.map((name) => moments.get(name)).filter((own) => own !== undefined);
    const [inputs, outputs] = [known.at(-1)?.values, known[0]?.outputs];
    const weighting = inputs && { moments: inputs, ...(outputs && { outputs }) };
    const { values, size, error, rounded } = await roundMatrix(exact, dtype, rounding, weighting);
    for (const [at, factor] of factors.entries()) {
      factor.values = values[at] as Float32Array;
      const own = rounded[at];
      if (own) numbers.set(factor, { dtype: own.dtype, scales: valueScales(own) });
    }
    errors.push(error);
    bytes += size;
  }
  errors.sort((p, q) => p - q);
  return { bytes, numbers, error: errors[Math.floor(errors.length / 2)] as number };
}

/** The median of `|W - B| / |W|` over matrices whose parameters have other numbers now. */
export function medianError(matrices: readonly ModelMatrix[]): number {
  const errors = matrices.map(({ exact, factors }) => {
    const near = new Butterfly(
      exact.factors.map((factor, at) => factor.map(() => (factors[at] as Parameter).values)),
    );
    const [w, b] = [exact, near].map((one) => one.convert("float64").dense()) as [
      Float64Array,
      Float64Array,
    ];
    return Math.sqrt(
      w.reduce((sum, value, at) => sum + (value - (b[at] as number)) ** 2, 0) /
        w.reduce((sum, value) => sum + value ** 2, 0),
    );
  });
  return errors.toSorted((p, q) => p - q)[Math.floor(errors.length / 2)] as number;
}

async function roundMatrix(
  exact: Butterfly,
  dtype: Dtype,
  rounding: Rounding,
  weighting: Pick<RoundingOptions, "moments" | "outputs"> = {},
): Promise<{
  readonly values: Float32Array[];
  readonly size: number;
  readonly error: number;
  /** Of few bits. */
  readonly rounded: readonly QuantizedValues[];
}> {
  const count = exact.chain.nonZeros;
  if (dtype === "f32" || dtype === "f16") {
    const values = exact.factors.map(({ values }) =>
      dtype === "f32" ? values.slice() : decodeHalf(encodeHalf(values)),
    );
    let [lost, whole] = [0, 0];
    for (const [at, { values: before }] of exact.factors.entries()) {
      for (const [index, value] of before.entries()) {
        lost += (value - (values[at]?.[index] as number)) ** 2;
        whole += value ** 2;
      }
    }
    const size = (dtype === "f32" ? 4 : 2) * count;
    return { values, size, error: Math.sqrt(lost / whole), rounded: [] };
  }
  const rounded: readonly QuantizedValues[] =
    rounding === "plain"
      ? exact.factors.map(({ values, pattern: { a, b, c, d } }) =>
          quantizeValues(values, [a, b, c, d], dtype),
        )
      : await roundButterfly(
          exact as Butterfly<FloatArray>,
          dtype,
          rounding === "structured" ? {} : weighting,
        );
  return {
    rounded,
    values: rounded.map((one) => dequantizeValues(one)),
    size: rounded.reduce((sum, { shape }) => sum + quantizedBytes(shape, dtype), 0),
    error: await roundingError(exact as Butterfly<FloatArray>, rounded),
  };
}
