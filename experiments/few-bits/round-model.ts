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
import { roundButterfly, roundingError } from "@papilio/butterfly/rounding";
import type { InputMoments } from "@papilio/nn/conversion";
import { LinearLayer, type Module, type Parameter } from "@papilio/nn/layers";

export type Dtype = "f32" | "f16" | FewBits;
/** To the nearest; for the whole matrix; for its outputs. */
export type Rounding = "plain" | "structured" | "calibrated";

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
}

/** Gives the parameters of the matrices the numbers that a type leaves. */
export async function roundModel(
  matrices: readonly ModelMatrix[],
  dtype: Dtype,
  rounding: Rounding,
  moments: ReadonlyMap<string, InputMoments>,
): Promise<Rounded> {
  const errors: number[] = [];
  let bytes = 0;
  for (const { name, factors, exact } of matrices) {
    const { values, size, error } = await roundMatrix(exact, dtype, rounding, moments.get(name));
    for (const [at, factor] of factors.entries()) factor.values = values[at] as Float32Array;
    errors.push(error);
    bytes += size;
  }
  errors.sort((p, q) => p - q);
  return { bytes, error: errors[Math.floor(errors.length / 2)] as number };
}

async function roundMatrix(
  exact: Butterfly,
  dtype: Dtype,
  rounding: Rounding,
  found: InputMoments | undefined,
): Promise<{ values: Float32Array[]; size: number; error: number }> {
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
    return { values, size: (dtype === "f32" ? 4 : 2) * count, error: Math.sqrt(lost / whole) };
  }
  const rounded: readonly QuantizedValues[] =
    rounding === "plain"
      ? exact.factors.map(({ values, pattern: { a, b, c, d } }) =>
          quantizeValues(values, [a, b, c, d], dtype),
        )
      : await roundButterfly(
          exact as Butterfly<FloatArray>,
          dtype,
          rounding === "calibrated" && found !== undefined
            ? { moments: found.values, ...(found.outputs && { outputs: found.outputs }) }
            : {},
        );
  return {
    values: rounded.map((one) => dequantizeValues(one)),
    size: rounded.reduce((sum, { shape }) => sum + quantizedBytes(shape, dtype), 0),
    error: await roundingError(exact as Butterfly<FloatArray>, rounded),
  };
}
