import { PapilioError } from "@papilio/butterfly";
import type { RoundingOptions } from "@papilio/butterfly/rounding";
import type { HuggingFaceModel, RunInputs } from "@papilio/nn";
import { type InputMoments, inputMoments } from "@papilio/nn/conversion";
import type { Graph } from "@papilio/nn/graph";
import type { Module } from "@papilio/nn/layers";
import { Decoder } from "@papilio/nn/models";
import type { Tokenizer } from "@papilio/nn/tokenizers";
import type { Examples } from "@papilio/nn/training";
import type { LoadedStateDict, StateDict, StoredMatrix } from "@papilio/nn/weights";
import { showShare } from "../render/progress.ts";
import type { ArrayFile } from "./array-file.ts";
import type { CalibrationData, ModelCalibrationData } from "./calibration-data.ts";
import { findTokenizer, readTokenizer } from "./language-model.ts";
import { type ModelConfig, modelOf } from "./model-folder.ts";
import { type BoundModel, bindInputs } from "./model-inputs.ts";
import { byParameters } from "./parameter-tensors.ts";

/** Tokens of a piece of a text, and pieces of it that are taken, evenly spread. */
const TOKENS = 128;
const PIECES = 32;
/** Characters that a token has at most, where a text is too long to be encoded as a whole. */
const CHARACTERS = 16;
/** Images, or sequences, of a run. */
const ROWS = 32;

/** What goes into a matrix, and how much errors of its outputs count. */
export type MatrixWeighting = Pick<RoundingOptions, "moments" | "outputs">;

/** What goes into the matrices of a model, and how much errors of their outputs count. */
export interface Calibration {
  /** Undefined of a matrix that no run multiplied by. */
  weightingOf(matrix: StoredMatrix): MatrixWeighting | undefined;
  /** Vectors, the most that a matrix was given. */
  readonly vectors: number;
}

/** The model of a folder, what it is given, and the weights by the names of its parameters. */
interface Runs {
  readonly model: Module;
  readonly calibrations: readonly { readonly graph: Graph; readonly inputs: RunInputs[] }[];
  readonly weights: StateDict;
}

/**
 * Runs a model with what was read: a text for a language model, of which 32 pieces of 128 tokens are taken; images or ids of
 * others, as `papilio run` reads them. For butterflies without a model, vectors `[samples, cols]`.
 *
 * @param state the weights of the model
 * @throws PapilioError `CALIBRATION_EMPTY`, `INPUT_SHAPE`, and what making the model of its weights throws
 */
export async function calibrate(
  data: CalibrationData,
  state: LoadedStateDict,
  signal: AbortSignal,
): Promise<Calibration> {
  const { config, contents } = data;
  if (config === undefined) return vectorsOf(contents as ArrayFile);
  const { model, calibrations, weights } = await runsOf(data, config, state, signal);
  const all = calibrations.reduce((sum, { inputs }) => sum + inputs.length, 0);
  using shown = showShare("Calibrating");
  const found = await inputMoments(model, calibrations, {
    outputs: true,
    signal,
    onRun: (runs) => shown.update(runs / all),
  });
  // Several parameters may be parts of one tensor, one below the other, which read the same.
  const parts = new Map<string, InputMoments[]>();
  for (const [name, tensor] of weights) {
    const own = found.get(name);
    if (own !== undefined) parts.set(tensor.name, [...(parts.get(tensor.name) ?? []), own]);
  }
  return {
    weightingOf: ({ tensors }) => {
      // A product may be several chains, of which the right-most reads the inputs.
      const known = tensors.map(({ name }) => parts.get(name)).filter((own) => own !== undefined);
      const moments = known.at(-1)?.[0]?.values;
      const outputs = known[0] && blocksOf(known[0].map((own) => own.outputs));
      return moments && { moments, ...(outputs && { outputs }) };
    },
    vectors: [...found.values()].reduce((most, { vectors }) => Math.max(most, vectors), 0),
  };
}

/** Matrices along the diagonal of one, all else zero; undefined where one of them is. */
function blocksOf(matrices: readonly (Float64Array | undefined)[]): Float64Array | undefined {
  const known = matrices.filter((one) => one !== undefined);
  if (known.length < matrices.length) return undefined;
  const sizes = known.map(({ length }) => Math.sqrt(length));
  const size = sizes.reduce((sum, one) => sum + one, 0);
  const all = new Float64Array(size * size);
  let first = 0;
  for (const [index, values] of known.entries()) {
    const own = sizes[index] as number;
    for (let row = 0; row < own; row++) {
      all.set(values.subarray(row * own, (row + 1) * own), (first + row) * size + first);
    }
    first += own;
  }
  return all;
}

async function runsOf(
  { folder, file, contents }: CalibrationData,
  config: ModelConfig,
  state: LoadedStateDict,
  signal: AbortSignal,
): Promise<Runs> {
  const weights = byParameters(config.model_type, state);
  const model = await modelOf(folder, config, state, signal);
  if (!(model instanceof Decoder)) {
    const input = config.model_type === "vit" ? "images" : "ids";
    const bound = piecesOf(contents as ArrayFile).map((piece) =>
      bindInputs(model, new Map([[input, piece]])),
    );
    const calibrations = bound.map(({ graph, inputs }) => ({ graph, inputs: [inputs] }));
    if (calibrations.length === 0) throw nothingIn(file);
    return { model, calibrations, weights };
  }
  const tokenizer = await tokenizerOf(folder, model);
  const most = Math.min(TOKENS, model.positions);
  const encode = (piece: string): number[] => tokenizer.encode(piece, { ownLengths: false });
  const pieces = tokenPieces(contents as string, most, encode);
  const [first] = pieces;
  if (first === undefined) throw nothingIn(file);
  const inputs = pieces.map((ids) => ({ ids: Uint32Array.from(ids) }));
  return {
    model,
    calibrations: [{ graph: model.trace({ tokens: first.length }), inputs }],
    weights,
  };
}

/** A model, and what it does with the data of a calibration, to be trained on it. */
export interface CalibratedModel {
  readonly model: Module;
  readonly trace: (examples: number) => Graph;
  /** The same of another model of the same numbers. */
  readonly teacher: (examples: number) => Graph;
  readonly examples: Examples;
  /** Examples of a step. */
  readonly batch: number;
}

/** Sequences of a text, or else rows of arrays, of a step: fewer where there are few. */
const [BATCH_SEQUENCES, BATCH_ROWS] = [8, 32];
/** Characters of a text that are trained on, at most. */
const MOST_CHARACTERS = 2 ** 23;

/**
 * A model with all that was read for it, of a text the first eight million characters.
 *
 * @param state the weights of the model
 * @throws PapilioError what {@link calibrate} throws
 */
export async function calibratedModel(
  { folder, file, config, contents }: ModelCalibrationData,
  state: StateDict,
  signal: AbortSignal,
): Promise<CalibratedModel> {
  const model = await modelOf(folder, config, state, signal);
  const other = await modelOf(folder, config, state, signal);
  const few = (most: number, count: number): number =>
    Math.max(1, Math.min(most, Math.floor(count / 4)));
  if (model instanceof Decoder && other instanceof Decoder) {
    const tokenizer = await tokenizerOf(folder, model);
    const tokens = Math.min(TOKENS, model.positions);
    const read = (contents as string).slice(0, MOST_CHARACTERS).replace(HALVES, "");
    const ids = Uint32Array.from(tokenizer.encode(read, { ownLengths: false }));
    const count = Math.floor(ids.length / tokens);
    return {
      ...{ model, batch: few(BATCH_SEQUENCES, count) },
      trace: (sequences) => model.trace({ sequences, tokens }),
      teacher: (sequences) => other.trace({ sequences, tokens }),
      examples: { count, inputs: { ids: ids.slice(0, count * tokens) } },
    };
  }
  const array = contents as ArrayFile;
  const input = config.model_type === "vit" ? "images" : "ids";
  const bound = (of: HuggingFaceModel, rows: ArrayFile): BoundModel =>
    bindInputs(of, new Map([[input, rows]]));
  const first = (rows: number): ArrayFile => rowsOf(array, 0, rows);
  const count = array.shape[0] ?? 0;
  if (array.values.length === 0) throw nothingIn(file);
  return {
    ...{ model, batch: few(BATCH_ROWS, count) },
    trace: (rows) => bound(model, first(rows)).graph,
    teacher: (rows) => bound(other, first(rows)).graph,
    examples: { count, inputs: bound(model, array).inputs },
  };
}

async function tokenizerOf(folder: string, { vocabulary }: Decoder): Promise<Tokenizer> {
  return await readTokenizer(findTokenizer(folder, ["tokenizer.json"]), vocabulary);
}

/** Pieces of as many tokens, evenly spread over a text; one of fewer where it is short. */
function tokenPieces(
  text: string,
  most: number,
  encode: (text: string) => number[],
): readonly number[][] {
  const characters = CHARACTERS * most;
  if (text.length > PIECES * characters) {
    const step = (text.length - characters) / (PIECES - 1);
    const starts = Array.from({ length: PIECES }, (_, index) => Math.floor(index * step));
    return starts
      .map((start) =>
        encode(text.slice(start, start + characters).replace(HALVES, "")).slice(0, most),
      )
      .filter(({ length }) => length === most);
  }
  const ids = encode(text);
  if (ids.length === 0) return [];
  if (ids.length < most) return [ids];
  const pieces = Math.min(PIECES, Math.floor(ids.length / most));
  const step = pieces === 1 ? 0 : (ids.length - most) / (pieces - 1);
  return Array.from({ length: pieces }, (_, index) => {
    const start = Math.floor(index * step);
    return ids.slice(start, start + most);
  });
}

/** Halves of a character that was cut. */
const HALVES = /^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g;

/** Rows of an array, some at a time. */
function piecesOf(array: ArrayFile): ArrayFile[] {
  const [rows = 0] = array.shape;
  const pieces: ArrayFile[] = [];
  for (let row = 0; row < rows && array.values.length > 0; row += ROWS) {
    pieces.push(rowsOf(array, row, Math.min(ROWS, rows - row)));
  }
  return pieces;
}

function rowsOf({ file, shape, values }: ArrayFile, from: number, count: number): ArrayFile {
  const [, ...others] = shape;
  const size = others.reduce((product, one) => product * one, 1);
  const own = values.subarray(from * size, (from + count) * size);
  return { file, shape: [count, ...others], values: own };
}

/** Second moments of vectors `[samples, cols]`. */
function vectorsOf({ file, shape, values }: ArrayFile): Calibration {
  const [samples, cols] = shape;
  if (shape.length !== 2 || !samples || !cols) throw nothingIn(file);
  const moments = new Float64Array(cols * cols);
  for (let sample = 0; sample < samples; sample++) {
    for (let p = 0; p < cols; p++) {
      const value = (values[sample * cols + p] as number) / samples;
      for (let q = 0; q < cols; q++) {
        const at = p * cols + q;
        moments[at] = (moments[at] as number) + value * (values[sample * cols + q] as number);
      }
    }
  }
  return {
    weightingOf: (found) => {
      const { chain } = found.matrix();
      if (chain.cols === cols) return { moments };
      throw new PapilioError(
        "INPUT_SHAPE",
        `${file} has vectors of ${cols}, and ${found.name} multiplies vectors of ${chain.cols}.`,
        "Give vectors [samples, cols] of what the matrix multiplies, and one file of butterflies for each size.",
      );
    },
    vectors: samples,
  };
}

function nothingIn(file: string): PapilioError {
  return new PapilioError(
    "CALIBRATION_EMPTY",
    `There is nothing in ${file} that the model could be run with.`,
    "Give a text for a language model, an array of images or of ids for others, and vectors [samples, cols] for butterflies.",
  );
}
