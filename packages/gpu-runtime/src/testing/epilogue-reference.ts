import type { StorageDtype, Verification } from "@papilio/butterfly";
import {
  type Activation,
  errorBound,
  FLOAT_FORMATS,
  quantize,
  type Rounding,
  uniform,
} from "@papilio/butterfly/numeric";
import type { Gpu } from "../gpu/gpu.ts";
import type { Epilogue } from "../kernels/epilogue.ts";
import type { EpilogueOperands } from "../multiplication/epilogue-operands.ts";
import type { InputShape } from "../tensor/input-shape.ts";
import { type TensorOptions, tensor } from "../tensor/tensor.ts";

/** One of each kind, with the parameters that models have. */
export const ACTIVATIONS: readonly Activation[] = [
  { kind: "relu" },
  { kind: "relu", upper: 6 },
  { kind: "leaky-relu", negativeSlope: 0.01 },
  { kind: "elu", alpha: 1.5 },
  { kind: "gelu", approximate: "none" },
  { kind: "gelu", approximate: "tanh" },
  { kind: "silu" },
  { kind: "sigmoid" },
  { kind: "tanh" },
];

/**
 * Epilogues, with or without a bias before them, that have each of their parts once at least. The
 * activations, and the parts of the last, differ from one turn to the next.
 */
export function epilogues(turn: number): (Epilogue & { readonly biased: boolean })[] {
  const activation = (index: number): Activation =>
    ACTIVATIONS[index % ACTIVATIONS.length] as Activation;
  return [
    { biased: true, multiply: true, add: true },
    { biased: false, activation: activation(turn), multiply: true, add: true },
    {
      biased: true,
      activation: activation(turn + 4),
      multiply: turn % 3 === 1,
      add: turn % 3 === 2,
    },
  ];
}

/** An epilogue with the values of its operands, as they are stored. */
export interface GivenEpilogue {
  readonly activation?: Activation;
  readonly multiplier?: Float32Array;
  readonly addend?: Float32Array;
}

/** Random operands in (-1, 1), for `length` outputs. */
export function drawOperands(
  { activation, multiply, add }: Epilogue,
  length: number,
  { dtype }: Pick<InputShape, "dtype">,
): GivenEpilogue {
  const draw = (seed: number): Float32Array =>
    quantize(Float32Array.from({ length }, uniform(seed)), dtype);
  return {
    ...(activation === undefined ? {} : { activation }),
    ...(multiply ? { multiplier: draw(21) } : {}),
    ...(add ? { addend: draw(22) } : {}),
  };
}

/** A product before its epilogue, in float64, and how it was rounded, not counting how y is stored. */
export interface Sums {
  readonly reference: Float64Array;
  readonly magnitude: Float64Array;
  readonly rounding: Rounding;
}

/** What tests look at. */
export type Found = Pick<Verification, "ok" | "maxRatio" | "nonFinite">;

const { epsilon: EPSILON } = FLOAT_FORMATS.f32;

/**
 * Compares outputs with `activation(sums) * multiplier + addend` in float64, each within a bound.
 *
 * The sums are off by at most `errorBound`, which an activation makes larger by its steepest slope at
 * most; to that comes what it is off itself, then two roundings of the product, two of the sum, and
 * that of storage. Each is by `ε` of what is rounded, either way, as `errorBound` counts.
 */
export function verifyEpilogue(
  actual: Float32Array,
  { reference, magnitude, rounding }: Sums,
  { activation, multiplier, addend }: GivenEpilogue,
  dtype: StorageDtype,
): Found {
  const stored = FLOAT_FORMATS[dtype];
  let maxRatio = 0;
  let nonFinite = 0;
  actual.forEach((value, index) => {
    const sum = reference[index] as number;
    const factor = multiplier?.[index] ?? 1;
    const added = addend?.[index] ?? 0;
    const activated = activation === undefined ? sum : activate(activation, sum);
    const expected = activated * factor + added;
    let error = errorBound(sum, magnitude[index] as number, rounding);
    if (activation !== undefined) {
      error = slope(activation) * error + evaluationError(activation, sum, error);
    }
    error = Math.abs(factor) * (error + 2 * EPSILON * (Math.abs(activated) + error));
    error += 2 * EPSILON * (Math.abs(expected) + error) + 3 * FLOAT_FORMATS.f32.smallestNormal;
    if (dtype === "f16") {
      error += stored.epsilon * (Math.abs(expected) + error) + stored.smallestNormal;
    }
    const ratio = Math.abs(value - expected) / error;
    if (Number.isFinite(ratio)) maxRatio = Math.max(maxRatio, ratio);
    else nonFinite++;
  });
  return { ok: nonFinite === 0 && maxRatio <= 1, maxRatio, nonFinite };
}

/** Uploads operands for `steps`: they go when `held` does. */
export function uploadOperands(
  gpu: Gpu,
  { multiplier, addend }: GivenEpilogue,
  shape: TensorOptions,
  held: DisposableStack,
): EpilogueOperands {
  return {
    ...(multiplier === undefined ? {} : { multiplier: held.use(tensor(gpu, multiplier, shape)) }),
    ...(addend === undefined ? {} : { addend: held.use(tensor(gpu, addend, shape)) }),
  };
}

/** Adds a bias of one number for each feature to a product and to its magnitude. */
export function addBias(
  { reference, magnitude }: Pick<Sums, "reference" | "magnitude">,
  bias: Float32Array,
  { batch, layout, dtype }: InputShape,
): void {
  const rounded = quantize(bias, dtype);
  for (let index = 0; index < reference.length; index++) {
    const feature = layout === "batch-first" ? index % bias.length : Math.floor(index / batch);
    reference[index] = (reference[index] as number) + (rounded[feature] as number);
    magnitude[index] = (magnitude[index] as number) + Math.abs(rounded[feature] as number);
  }
}

function activate(activation: Activation, x: number): number {
  switch (activation.kind) {
    case "relu":
      return Math.min(Math.max(x, 0), activation.upper ?? Number.POSITIVE_INFINITY);
    case "leaky-relu":
      return x > 0 ? x : activation.negativeSlope * x;
    case "elu":
      return x > 0 ? x : activation.alpha * Math.expm1(x);
    case "gelu":
      return activation.approximate === "none"
        ? (x * (1 + erf(x * Math.SQRT1_2))) / 2
        : (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2;
    case "silu":
      return x / (1 + Math.exp(-x));
    case "sigmoid":
      return 1 / (1 + Math.exp(-x));
    case "tanh":
      return Math.tanh(x);
  }
}

/** The error function, by a series of positive terms (Abramowitz and Stegun, 7.1.6). */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * Number.EPSILON; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (Math.sign(x) * 2 * Math.exp(-z * z) * sum) / Math.sqrt(Math.PI);
}

/** The largest absolute value of the derivative, rounded up. */
function slope(activation: Activation): number {
  switch (activation.kind) {
    case "relu":
    case "tanh":
      return 1;
    case "leaky-relu":
      return Math.max(1, Math.abs(activation.negativeSlope));
    case "elu":
      return Math.max(1, Math.abs(activation.alpha));
    case "gelu":
      return 1.13;
    case "silu":
      return 1.1;
    case "sigmoid":
      return 0.25;
  }
}

/**
 * How far an activation may be off in float32, of a number within `error` of `x`: what WGSL allows
 * `exp` (3 + 2|x| units in the last place, section 15.7.4), a division (2.5) and `tanh` (1e-5).
 */
function evaluationError(activation: Activation, x: number, error: number): number {
  const size = Math.abs(x) + error;
  // Of 1 / (1 + exp(-x)): relative to itself.
  const logistic = (8 + 2 * size) * EPSILON;
  switch (activation.kind) {
    case "relu":
      return 0;
    case "leaky-relu":
      return 2 * EPSILON * Math.abs(activation.negativeSlope) * size;
    case "elu":
      return 6 * EPSILON * Math.abs(activation.alpha);
    case "gelu":
      // An error of the function of half of that, and a few roundings of numbers up to 1.
      return size * ((activation.approximate === "none" ? 1.5e-7 : 1e-5) / 2 + 32 * EPSILON);
    case "silu":
      return logistic * size;
    case "sigmoid":
      return logistic;
    case "tanh":
      return 1e-5;
  }
}
