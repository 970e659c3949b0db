import { Butterfly, Chain, type FloatArray, KroneckerSparse, Pattern } from "@papilio/butterfly";
import {
  decodeHalf,
  dequantizeValues,
  encodeHalf,
  type FewBits,
  type QuantizedValues,
  quantizedBytes,
  quantizeValues,
} from "@papilio/butterfly/numeric";
import { roundButterfly, roundingError, valueScales } from "@papilio/butterfly/rounding";
import type { InputMoments } from "@papilio/nn/conversion";
import { LinearLayer, type Module, type Parameter } from "@papilio/nn/layers";
import type { RoundedNumbers } from "@papilio/nn/training";

export type Dtype = "f32" | "f16" | FewBits;
/** To the nearest; for the whole matrix; for its outputs; these, and trained then; these, of inputs that were rotated. */
export type Rounding = "plain" | "structured" | "calibrated" | "trained" | "rotated";

/** A matrix of a model, and its numbers before they are rounded. */
export interface ModelMatrix {
  /** Of the left-most factor. */
  readonly name: string;
  readonly factors: readonly Parameter[];
  readonly exact: Butterfly;
}

/** The matrices that `papilio quantize` rounds: those of linear layers, and tables of tokens. */
export function matricesOf(model: Module): ModelMatrix[] {
  const names = new Map([...model.namedParameters()].map(([name, one]) => [one, name] as const));
  const found: ModelMatrix[] = [];
  const add = (chain: Chain, factors: readonly Parameter[]): void => {
    const exact = chain.patterns.map(
      (pattern, at) => new KroneckerSparse(pattern, factors[at]?.values.slice() as Float32Array),
    );
    const name = names.get(factors[0] as Parameter) as string;
    found.push({ name, factors, exact: new Butterfly(exact) });
  };
  for (const module of model.namedModules().values()) {
    if (!(module instanceof LinearLayer)) continue;
    for (const { chain, factors } of module.matrices) add(chain, factors);
  }
  for (const [table, name] of names) {
    if (!/(^|\.)(wte|embed_tokens)\.weight$/.test(name)) continue;
    const [rows = 0, cols = 0] = table.shape;
    add(Chain.of([new Pattern(1, rows, cols, 1)]), [table]);
  }
  return found;
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
  for (const { name, factors, exact } of matrices) {
    const { values, size, error, rounded } = await roundMatrix(
      exact,
      dtype,
      rounding,
      moments.get(name),
    );
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
  found: InputMoments | undefined,
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
          rounding !== "structured" && found !== undefined
            ? { moments: found.values, ...(found.outputs && { outputs: found.outputs }) }
            : {},
        );
  return {
    rounded,
    values: rounded.map((one) => dequantizeValues(one)),
    size: rounded.reduce((sum, { shape }) => sum + quantizedBytes(shape, dtype), 0),
    error: await roundingError(exact as Butterfly<FloatArray>, rounded),
  };
}
