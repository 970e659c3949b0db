import { type Butterfly, type Chain, PapilioError } from "@papilio/butterfly";
import { factorize, refine, relativeError, searchChains } from "@papilio/butterfly/factorization";
import { factorizationKernels } from "@papilio/cpu-runtime";
import type { Gpu } from "@papilio/gpu-runtime";
import {
  anyNumber,
  callback,
  either,
  flag,
  gpuCheck,
  having,
  layout,
  objectOf,
  oneOf,
  optional,
  signal as signalCheck,
  storageDtype,
} from "../arguments/checks.ts";
import { chainCheck, graphCheck } from "../graph/operand-checks.ts";
import { ButterflyLinear, monarchChain } from "../layers/butterfly-linear.ts";
import type { Linear } from "../layers/linear.ts";
import type { Module } from "../modules/module.ts";
import type { Matrix } from "../operations/linear/matrix.ts";
import { type Calibration, type LayerInputs, layerInputs } from "./calibrate.ts";
import { denseLayers, type LayerChoice, layerChoice } from "./dense-layers.ts";
import { type LayerBatch, measuredSpeedUp, predictedSpeedUp } from "./measure-layer.ts";

/** How a model's dense layers become butterflies. */
export interface ButterflyizeOptions {
  /** Which layers, by their paths: all dense ones unless given. */
  readonly layers?: LayerChoice;
  /**
   * The chain for a layer: of text or by its shape, Monarch, or `search` for the best of all with two
   * factors and longer ones. Monarch unless given. A function may give a larger one: the layer is then padded with zeros.
   */
  readonly chain?: Chain | "monarch" | "search" | ((layer: Linear) => Chain | undefined);
  /**
   * Largest relative error with which a layer is replaced: `|W - B| / |W|` in the Frobenius norm or, with
   * a calibration, `|(W - B) X| / |W X|`.
   */
  readonly maxError: number;
  /** Most values of a butterfly, over those of the dense weight; 0.5 unless given. */
  readonly maxParameters?: number;
  /** What the model is given in use: factors are then made for what goes into their layers. */
  readonly calibration?: Calibration;
  /** A device for which speed counts: a layer that would be slower there stays dense. */
  readonly device?: {
    readonly gpu: Gpu;
    readonly batch: LayerBatch;
    /** Measures besides predicting, some seconds for each layer; false unless given. */
    readonly measure?: boolean;
  };
  readonly signal?: AbortSignal;
  /** Called with each layer as soon as it is decided on. */
  readonly onLayer?: (report: LayerConversion) => void;
}

const optionsCheck = objectOf({
  layers: layerChoice,
  chain: optional(either(callback, chainCheck, oneOf("monarch", "search"))),
  maxError: anyNumber,
  maxParameters: optional(anyNumber),
  calibration: optional(objectOf({ graph: graphCheck, inputs: having("inputs by their names") })),
  device: optional(
    objectOf({
      gpu: gpuCheck,
      batch: objectOf({ batch: anyNumber, layout, dtype: storageDtype }),
      measure: optional(flag),
    }),
  ),
  signal: signalCheck,
  onLayer: optional(callback),
});

/** What became of a layer. */
export interface LayerConversion {
  readonly path: string;
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** The butterfly's chain; undefined where there is none of this shape within the limits. */
  readonly chain: Chain | undefined;
  /** Relative error of the weight, in the Frobenius norm. */
  readonly error: number | undefined;
  /** Relative error of what the layer computes of the calibration's inputs. */
  readonly outputError: number | undefined;
  /** Values of the weight, before and after. */
  readonly parameters: { readonly dense: number; readonly butterfly: number | undefined };
  /** Floating-point operations for each vector, before and after. */
  readonly flops: { readonly dense: number; readonly butterfly: number | undefined };
  /** Times as fast on the device, where there is one. */
  readonly predictedSpeedUp: number | undefined;
  readonly measuredSpeedUp: number | undefined;
  readonly replaced: boolean;
  /** Why it stays dense. */
  readonly reason: string | undefined;
}

/**
 * Replaces dense layers of a model by butterflies, those for which the error is small enough and which
 * would not be slower. Others stay as they are, and the report says why.
 *
 * **Weights that were trained dense are usually no butterflies**: expect most layers of such a model to
 * stay dense, or its accuracy to suffer. What was trained as a butterfly, or is a transform, converts.
 *
 * @throws PapilioError `CONVERSION_OPTION`; what `factorize` and `searchChains` throw; the signal's reason
 *   when it aborts, with the layers so far replaced
 */
export async function butterflyize(
  model: Module,
  options: ButterflyizeOptions,
): Promise<LayerConversion[]> {
  having("a Module", "namedModules", "namedParameters")("The model", model);
  optionsCheck("butterflyize", options);
  const { maxError, maxParameters = 0.5, calibration, signal, onLayer } = options;
  requireShare("maxError", maxError);
  requireShare("maxParameters", maxParameters);
  const chosen = denseLayers(model, options.layers);
  const inputs = calibration && (await layerInputs(calibration, new Set(chosen.keys())));
  const reports: LayerConversion[] = [];
  for (const [path, layer] of chosen) {
    signal?.throwIfAborted();
    const report = await convert(path, layer, { ...options, maxParameters }, inputs);
    reports.push(report);
    onLayer?.(report);
  }
  return reports;
}

async function convert(
  path: string,
  layer: Linear,
  options: ButterflyizeOptions & { readonly maxParameters: number },
  inputs: LayerInputs | undefined,
): Promise<LayerConversion> {
  const { inFeatures, outFeatures, weight } = layer;
  const { maxError, maxParameters, device, signal } = options;
  const dense = outFeatures * inFeatures;
  const found = await factorizeLayer(layer, options, inputs?.get(path));
  const values = found?.butterfly.chain.nonZeros;
  const shape = { path, outFeatures, inFeatures };
  const report: Omit<LayerConversion, "replaced" | "reason"> = {
    ...shape,
    chain: found?.butterfly.chain,
    error: found?.error,
    outputError: found?.outputError,
    parameters: { dense, butterfly: values },
    flops: { dense: 2 * dense, butterfly: values === undefined ? undefined : 2 * values },
    predictedSpeedUp: undefined,
    measuredSpeedUp: undefined,
  };
  if (found === undefined || values === undefined) {
    return { ...report, replaced: false, reason: "no chain of this shape within the limits" };
  }
  const { butterfly } = found;
  const replacement = new ButterflyLinear({
    ...{ weight: butterfly, inFeatures, outFeatures, bias: layer.bias !== undefined },
  });
  const [matrix] = replacement.matrices as [Matrix];
  const speed = { ...report };
  if (device !== undefined) {
    const { gpu, batch, measure = false } = device;
    speed.predictedSpeedUp = predictedSpeedUp(gpu, [butterfly.chain], batch);
    if (measure) {
      const [own] = layer.matrices as [Matrix];
      speed.measuredSpeedUp = await measuredSpeedUp(gpu, own, matrix, batch, signal);
    }
  }
  const error = found.outputError ?? found.error;
  const speedUp = speed.measuredSpeedUp ?? speed.predictedSpeedUp ?? 1;
  const reason =
    error > maxError
      ? `its error of ${error.toPrecision(2)} is larger than ${maxError}`
      : values > maxParameters * weight.length
        ? `${values} values are more than ${maxParameters} of ${dense}`
        : speedUp < 1
          ? `it would be slower: ${speedUp.toPrecision(2)} times as fast`
          : undefined;
  if (reason === undefined) {
    if (layer.bias !== undefined && replacement.bias !== undefined) {
      replacement.bias.values = layer.bias.values;
    }
    layer.replaceWith(replacement);
  }
  return { ...speed, replaced: reason === undefined, reason };
}

interface Found {
  readonly butterfly: Butterfly;
  readonly error: number;
  readonly outputError: number | undefined;
}

async function factorizeLayer(
  layer: Linear,
  { chain = "monarch", maxParameters, signal }: ButterflyizeOptions,
  inputs: Float32Array | undefined,
): Promise<Found | undefined> {
  const { inFeatures, outFeatures, weight } = layer;
  const kernels = factorizationKernels();
  const stop = signal === undefined ? {} : { signal };
  const wanted = chain === "search" ? undefined : chainFor(layer, chain);
  if (chain !== "search" && wanted === undefined) return undefined;
  const { rows, cols } = wanted ?? { rows: outFeatures, cols: inFeatures };
  const values = padded(weight.values, { rows: outFeatures, cols: inFeatures }, { rows, cols });
  const start =
    wanted === undefined
      ? (
          await searchChains(values, rows, cols, {
            ...stop,
            kernels,
            ...(maxParameters === undefined ? {} : { maxParameters }),
          })
        ).best
      : await factorize(values, wanted, { ...stop, kernels, bounds: false });
  if (start === undefined) return undefined;
  if (inputs === undefined) {
    return { butterfly: start.matrix, error: start.error, outputError: undefined };
  }
  const vectors = inputs.length / inFeatures;
  const { matrix, errors } = await refine(values, start.matrix, {
    ...stop,
    inputs: padded(inputs, { rows: inFeatures, cols: vectors }, { rows: cols, cols: vectors }),
  });
  return {
    butterfly: matrix,
    error: await relativeError(values, matrix, signal),
    outputError: errors.at(-1) as number,
  };
}

interface Size {
  readonly rows: number;
  readonly cols: number;
}

/** A matrix with zeros beneath and beside it. */
function padded(values: Float32Array, from: Size, to: Size): Float32Array {
  if (from.rows === to.rows && from.cols === to.cols) return values;
  const result = new Float32Array(to.rows * to.cols);
  for (let row = 0; row < from.rows; row++) {
    result.set(values.subarray(row * from.cols, (row + 1) * from.cols), row * to.cols);
  }
  return result;
}

/** The chain for a layer, if it has the layer's shape, or was given for it and is larger. */
function chainFor(
  layer: Linear,
  chain: Exclude<ButterflyizeOptions["chain"], "search" | undefined>,
): Chain | undefined {
  const { inFeatures: cols, outFeatures: rows } = layer;
  if (typeof chain === "function") {
    const given = chain(layer);
    return given !== undefined && given.rows >= rows && given.cols >= cols ? given : undefined;
  }
  const asked = chain === "monarch" ? monarchChainOf({ rows, cols }) : chain;
  return asked?.rows === rows && asked.cols === cols ? asked : undefined;
}

function monarchChainOf(shape: Size): Chain | undefined {
  try {
    return monarchChain(shape);
  } catch (error) {
    if (error instanceof PapilioError && error.code === "CHAIN_SIZE") return undefined;
    throw error;
  }
}

function requireShare(name: string, value: number): void {
  if (value > 0 && value <= 1) return;
  throw new PapilioError(
    "CONVERSION_OPTION",
    `${name} is ${value}.`,
    "Use a number above 0 and at most 1.",
  );
}
