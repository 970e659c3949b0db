import { PapilioError } from "@papilio/butterfly";
import { dequantizeValues, type QuantizedValues, quantizeValues } from "@papilio/butterfly/numeric";
import { valueScales } from "@papilio/butterfly/rounding";
import type { Parameter } from "@papilio/nn/layers";
import {
  type Evaluation,
  type Examples,
  imitationTask,
  type RoundedNumbers,
  type StepReport,
  trainRounded,
  warmupCosine,
} from "@papilio/nn/training";
import { FLOAT_DTYPES, type LoadedStateDict, StoredTensor } from "@papilio/nn/weights";
import { type CalibratedModel, calibratedModel } from "./calibration.ts";
import type { ModelCalibrationData } from "./calibration-data.ts";
import { byParameters } from "./parameter-tensors.ts";

/** What a training after rounding is told. */
export interface QuantizedTraining {
  readonly data: ModelCalibrationData;
  readonly steps: number;
  /** The largest learning rate, as `trainRounded` has it. */
  readonly rate: number;
  readonly signal: AbortSignal;
  readonly onStep: (report: StepReport, evaluation: Evaluation | undefined) => void;
}

/** What tensors are after a training. */
export interface TrainedTensors {
  readonly rounded: ReadonlyMap<StoredTensor, QuantizedValues>;
  /** Others, in the types that they had. */
  readonly others: ReadonlyMap<StoredTensor, StoredTensor>;
  /** How far the model is from its float32 version, on examples that it was not trained on, and was before. */
  readonly before: number;
  readonly after: number;
  /** Examples that were trained on. */
  readonly examples: number;
}

const WARMUP = 0.05;
const EVALUATIONS = 10;

/**
 * Trains a model whose matrices were rounded to compute what it does in float32, by the data of a calibration: codes change,
 * scales stay, and all that is not rounded is trained too. A tenth of the data says which numbers are best.
 *
 * @throws PapilioError `CALIBRATION_EMPTY`, `TRAINING_DIVERGED`; what making the model of its weights throws; the
 *   signal's reason
 */
export async function trainQuantized(
  state: LoadedStateDict,
  rounded: ReadonlyMap<StoredTensor, QuantizedValues>,
  { data, steps, rate, signal, onStep }: QuantizedTraining,
): Promise<TrainedTensors> {
  const found = await calibratedModel(data, state, signal);
  const { model, trace, teacher, batch } = found;
  const { train, validation } = divided(found, data.file);
  const named = model.namedParameters();
  const parts = partsOf(state, data.config.model_type, named);
  const numbers = new Map<Parameter, RoundedNumbers>();
  for (const { tensor, parameter, places } of parts) {
    const own = rounded.get(tensor);
    if (own === undefined) continue;
    const [values, scales] = [dequantizeValues(own), valueScales(own)];
    parameter.values = Float32Array.from(places, (at) => values[at] as number);
    const picked = Float32Array.from(places, (at) => scales[at] as number);
    numbers.set(parameter, { dtype: own.dtype, scales: picked });
  }
  const parameters = new Map(
    [...named].filter(([, one]) => parts.some((p) => p.parameter === one)),
  );
  using task = imitationTask({
    ...{ trace, teacher, train, validation, batch, parameters, seed: 0, kernels: "wasm" },
  });
  const { before, evaluation, stopped } = await trainRounded(task, {
    ...{ rounded: numbers, kernels: "wasm", optimizer: { kind: "adamw", beta2: 0.99 }, clip: 1 },
    rate: warmupCosine({ rate, steps, warmup: Math.floor(WARMUP * steps) }),
    ...{ steps, signal, onStep, evaluateEvery: Math.ceil(steps / EVALUATIONS) },
  });
  if (stopped) signal.throwIfAborted();
  return {
    ...tensorsOf(rounded, parts),
    before: before?.loss ?? Number.NaN,
    after: evaluation?.loss ?? Number.NaN,
    examples: train.count,
  };
}

/** A parameter, and where its numbers are in the tensor that it is, or is a part of. */
interface Part {
  readonly tensor: StoredTensor;
  readonly parameter: Parameter;
  readonly places: Float64Array;
}

/** What becomes of tensors whose numbers are their places. */
function partsOf(
  state: LoadedStateDict,
  type: string,
  named: ReadonlyMap<string, Parameter>,
): readonly Part[] {
  const places = new Map<string, StoredTensor>();
  for (const [name, { shape, dtype }] of state) {
    if (!FLOAT_DTYPES.includes(dtype) || shape.includes(0)) continue;
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float64Array.from({ length }, (_, at) => at);
    places.set(name, StoredTensor.of({ name, dtype: "F64", shape: [...shape], values }));
  }
  return [...byParameters(type, places)].flatMap(([name, own]) => {
    const [parameter, tensor] = [named.get(name), state.get(own.name)];
    if (parameter === undefined || tensor === undefined) return [];
    return [{ parameter, tensor, places: own.toReal("float64") }];
  });
}

/** The numbers of parameters in the tensors that they are parts of. */
function tensorsOf(
  rounded: ReadonlyMap<StoredTensor, QuantizedValues>,
  parts: readonly Part[],
): Pick<TrainedTensors, "rounded" | "others"> {
  const numbers = new Map<StoredTensor, Float64Array>();
  for (const { tensor, parameter, places } of parts) {
    const own = rounded.get(tensor);
    const values =
      numbers.get(tensor) ??
      (own === undefined ? tensor.toReal("float64") : Float64Array.from(dequantizeValues(own)));
    for (const [at, place] of places.entries()) values[place] = parameter.values[at] as number;
    numbers.set(tensor, values);
  }
  const trained = new Map(rounded);
  const others = new Map<StoredTensor, StoredTensor>();
  for (const [tensor, values] of numbers) {
    const { name, dtype, shape } = tensor;
    const own = rounded.get(tensor);
    if (own !== undefined) trained.set(tensor, quantizeValues(values, own.shape, own.dtype));
    else {
      const stored = { name, dtype: dtype as "F32", shape: [...shape], values };
      others.set(tensor, StoredTensor.of(stored));
    }
  }
  return { rounded: trained, others };
}

/** The last tenth, or a batch where that is more, says what is best. */
function divided(
  { examples: { count, inputs }, batch }: CalibratedModel,
  file: string,
): { readonly train: Examples; readonly validation: Examples } {
  const held = Math.max(batch, Math.floor(count / 10));
  if (held >= count) {
    throw new PapilioError(
      "CALIBRATION_EMPTY",
      `${file} has ${count} ${count === 1 ? "example" : "examples"} of what the model is run with, too few to train it.`,
      "Give a longer text, or more images or sequences: some are trained on, others say what is best.",
    );
  }
  const part = (from: number, to: number): Examples => ({
    count: to - from,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, values]) => {
        const each = values.length / count;
        return [name, values.slice(from * each, to * each)];
      }),
    ),
  });
  return { train: part(0, count - held), validation: part(count - held, count) };
}
