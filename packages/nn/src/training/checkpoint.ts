import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  parseJsonText,
  readSafetensors,
  type SafetensorsFile,
  type TensorToWrite,
  toReal,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { bytes as bytesCheck, map, objectOf, oneOf, text } from "../arguments/checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { LossScaleState } from "./loss-scale.ts";
import { keepsSquares, OPTIMIZER_KINDS, type OptimizerKind } from "./optimizer.ts";
import { requireLossScale, requireTrainerState, type TrainerState } from "./trainer-state.ts";

/** How the names of tensors begin that are the optimizer's: models do not read them. */
export const TRAINING_PREFIX = "training.";

/** What metadata of a checkpoint is called. */
const METADATA = "papilio.training";
/** Bytes of the metadata, at most. */
const MOST_METADATA = 2 ** 20;

/** A run of training as far as it has come, in one file. */
export interface Checkpoint {
  readonly state: TrainerState;
  readonly optimizer: OptimizerKind;
  /** A text that says what the run was started with: it must be the same where the run goes on. */
  readonly settings: string;
}

const checkpointCheck = objectOf({ optimizer: oneOf(...OPTIMIZER_KINDS), settings: text });

/**
 * A checkpoint as a safetensors file. Its weights have the names of the parameters, so that models are read from it as
 * from any other; the optimizer's numbers are tensors `training.momentum.NAME` and `training.squares.NAME`. Batches are
 * functions of the seed and the step: both are the random state, and the place in the data.
 *
 * @param parameters in the order of the trainer
 * @throws PapilioError `OPTION_INVALID`; `ARRAY_TYPE`; `TRAINER_STATE` for a state of other parameters
 */
export function encodeCheckpoint(
  parameters: ReadonlyMap<string, Parameter>,
  checkpoint: Checkpoint,
): Uint8Array<ArrayBuffer> {
  map("The parameters", parameters);
  checkpointCheck("a checkpoint", checkpoint);
  const { state, optimizer, settings } = checkpoint;
  requireTrainerState(state, [...parameters.values()], optimizer);
  const tensors = tensorsOf(parameters, optimizer).map(
    ({ name, shape, list, at }): TensorToWrite => ({
      name,
      dtype: "F32",
      shape,
      values: state[list][at] ?? new Float32Array(),
    }),
  );
  const { steps, lossScale } = state;
  const described = { version: 1, steps, optimizer, settings, lossScale };
  return writeSafetensors(tensors, { [METADATA]: JSON.stringify(described) });
}

/**
 * What a run was started with, by its checkpoint: before there are parameters.
 *
 * @throws PapilioError `CHECKPOINT_INVALID`; what `readSafetensors` throws
 */
export function readCheckpointSettings(file: Uint8Array): string {
  bytesCheck("The checkpoint", file);
  return describedIn(readSafetensors(file)).settings;
}

/**
 * Reads what {@link encodeCheckpoint} wrote. Names, types and shapes are checked before any number is copied.
 *
 * @param parameters in the order of the trainer that is to go on
 * @throws PapilioError `CHECKPOINT_INVALID`; `TRAINER_STATE` for a checkpoint of other parameters; what `readSafetensors`
 *   throws
 */
export function decodeCheckpoint(
  file: Uint8Array,
  parameters: ReadonlyMap<string, Parameter>,
): Checkpoint {
  bytesCheck("The checkpoint", file);
  map("The parameters", parameters);
  const read = readSafetensors(file);
  const { steps, optimizer, settings, lossScale } = describedIn(read);
  const wanted = tensorsOf(parameters, optimizer);
  for (const { name, shape } of wanted) {
    const tensor = read.tensors.get(name);
    const found =
      tensor === undefined ? "missing" : `${tensor.dtype} ${describeValue(tensor.shape)}`;
    if (found !== `F32 ${describeValue(shape)}`) throw otherParameters(name, found, shape);
  }
  if (wanted.length !== read.tensors.size) {
    throw otherParameters("The whole", `${read.tensors.size} tensors`, [wanted.length]);
  }
  const lists = { parameters: [], momentum: [], squares: [] } as Record<List, Float32Array[]>;
  for (const { name, list } of wanted) {
    const tensor = read.tensors.get(name);
    if (tensor !== undefined) lists[list].push(toReal(tensor, "float32"));
  }
  const scaled = lossScale && { lossScale };
  return { state: { steps, ...lists, ...scaled }, optimizer, settings };
}

type List = "parameters" | "momentum" | "squares";

function tensorsOf(
  parameters: ReadonlyMap<string, Parameter>,
  optimizer: OptimizerKind,
): { name: string; shape: readonly number[]; list: List; at: number }[] {
  const lists: readonly List[] = keepsSquares(optimizer)
    ? ["parameters", "momentum", "squares"]
    : ["parameters", "momentum"];
  return lists.flatMap((list) =>
    [...parameters].map(([name, { shape }], at) => ({
      name: list === "parameters" ? name : `${TRAINING_PREFIX}${list}.${name}`,
      shape,
      list,
      at,
    })),
  );
}

function describedIn({ metadata }: SafetensorsFile): {
  readonly steps: number;
  readonly optimizer: OptimizerKind;
  readonly settings: string;
  readonly lossScale: LossScaleState | undefined;
} {
  const json = metadata.get(METADATA);
  if (json === undefined) throw invalid(`it has no metadata ${METADATA}`);
  if (json.length > MOST_METADATA) throw invalid(`its metadata have ${json.length} characters`);
  let described: unknown;
  try {
    described = parseJsonText(json);
  } catch (cause) {
    throw invalid(`its metadata are not JSON: ${(cause as Error).message}`, cause);
  }
  const found = (described ?? {}) as Record<string, unknown>;
  const { version, steps, optimizer, settings, lossScale } = found;
  if (version !== 1) throw invalid(`it is of version ${describeValue(version)} instead of 1`);
  if (!Number.isSafeInteger(steps) || (steps as number) < 0) {
    throw invalid(`it is of ${describeValue(steps)} steps`);
  }
  if (!isOptimizer(optimizer)) {
    throw invalid(`its optimizer is ${describeValue(optimizer)}`);
  }
  if (typeof settings !== "string") throw invalid(`its settings are ${describeValue(settings)}`);
  if (lossScale !== undefined) {
    try {
      requireLossScale(lossScale as LossScaleState);
    } catch (cause) {
      throw invalid(`its scale of the loss is ${describeValue(lossScale)}`, cause);
    }
  }
  return {
    steps: steps as number,
    optimizer,
    settings,
    lossScale: lossScale as LossScaleState | undefined,
  };
}

function isOptimizer(value: unknown): value is OptimizerKind {
  return OPTIMIZER_KINDS.some((kind) => kind === value);
}

function invalid(problem: string, cause?: unknown): PapilioError {
  return new PapilioError(
    "CHECKPOINT_INVALID",
    `The file is not a checkpoint of training: ${problem}.`,
    "Give a file that `papilio train` or encodeCheckpoint wrote, as it is.",
    { cause },
  );
}

function otherParameters(name: string, found: string, shape: readonly number[]): PapilioError {
  return new PapilioError(
    "TRAINER_STATE",
    `The checkpoint is not of a trainer of these parameters: ${describeValue(name)} is ${found} instead of F32 ${describeValue(shape)}.`,
    "Build the model by the settings of the checkpoint.",
  );
}
