import { PapilioError } from "@papilio/butterfly";
import { FEW_BITS } from "@papilio/butterfly/numeric";
import { loadStateDict } from "@papilio/nn/node";
import { Command } from "commander";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { QUANTIZE_METADATA } from "../files/recognize-output.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { numberFrom, oneOf, wholeNumber } from "../flags/options.ts";
import { calibrate } from "../models/calibration.ts";
import { type ModelCalibrationData, readCalibration } from "../models/calibration-data.ts";
import { loadWeights } from "../models/model-folder.ts";
import {
  type QuantizedState,
  type QuantizeOptions,
  quantizeState,
  ROUNDINGS,
} from "../models/quantize-state.ts";
import { type TrainedTensors, trainQuantized } from "../models/train-quantized.ts";
import type { Interruption } from "../process/interruption.ts";
import { newTable } from "../render/new-table.ts";
import { showShare, showTraining } from "../render/progress.ts";

interface Flags {
  readonly dtype: string;
  readonly rounding: string;
  readonly calibrate?: string;
  readonly train?: string;
  readonly rate: string;
  readonly maxError?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `papilio quantize`: weights in few bits, and what that costs. */
export function quantizeCommand(interruption: Interruption): Command {
  return new Command("quantize")
    .description("Store the matrices of a model, or the factors of butterflies, in few bits.")
    .argument("<model>", "a safetensors file, or a folder with safetensors files")
    .requiredOption("--dtype <type>", `how they are stored: ${FEW_BITS.join(", ")}`)
    .option(
      "--rounding <kind>",
      "structured, for the error of the whole matrix, or plain, each number to the nearest",
      "structured",
    )
    .option(
      "--calibrate <file>",
      "a text, images, ids or vectors: the errors of outputs are made small for such inputs",
    )
    .option(
      "--train <steps>",
      "train the model so many steps after it was rounded, by the file of --calibrate",
    )
    .option(
      "--rate <rate>",
      "the largest learning rate, over the root mean square of a tensor, or twelve half steps of its codes if more",
      "0.0015",
    )
    .option(
      "--max-error <error>",
      "largest relative error of a matrix, or of its outputs with --calibrate; none unless given",
    )
    .requiredOption("--out <file>", "the safetensors file with all tensors")
    .option("--force", FORCE_HELP)
    .option("--json", "print the errors and sizes as JSON")
    .addHelpText(
      "after",
      `
Matrices and the factors of butterflies are rounded, 32 weights along a row to a scale; biases, norms and tables of
positions stay as they are. Structured rounding takes the bytes of plain rounding, and seconds for each million weights,
with --calibrate a model runs there and back, and a million weights take tens of seconds, or minutes in butterflies. A file
for a model goes beside its config.json; papilio generate, run and classify read it, and with --dtype q4, or what it is in, they keep
the same weights in memory.

With --train the model then learns, from what it computes in float32 itself, which of the nearby codes are best: the bytes
stay, biases and norms are trained too. A step takes that of papilio train of 8 sequences of 128 tokens, or of 32 images or
sequences. A tenth of the file is not trained on, and says which numbers are kept.

What to calibrate with: a text for llama and gpt2, of which up to 4,096 tokens are taken; images [n, channels, height,
width] for vit and ids [sequences, tokens] for bert, as papilio run takes them; vectors [samples, cols] for butterflies.

Examples:
  papilio quantize mlp.safetensors --dtype q4 --out mlp-q4.safetensors
  papilio quantize gpt2 --dtype q4 --calibrate text.txt --out gpt2-q4/model.safetensors
  papilio quantize gpt2 --dtype q3 --calibrate text.txt --train 500 --out gpt2-q3/model.safetensors
  papilio quantize gpt2 --dtype q8 --max-error 0.01 --out gpt2-q8/model.safetensors

${exitStatuses()}`,
    )
    .action((path: string, flags: Flags) => quantize(path, flags, interruption));
}

async function quantize(path: string, flags: Flags, interruption: Interruption): Promise<void> {
  const dtype = oneOf("--dtype", flags.dtype, FEW_BITS);
  const rounding = oneOf("--rounding", flags.rounding, ROUNDINGS);
  const most =
    flags.maxError === undefined ? undefined : numberFrom("--max-error", flags.maxError, 0, 1);
  const { out, force } = flags;
  const training = trainingOf(flags);
  const outputs = await Outputs.open([{ path: out, writer: "papilio quantize" }], {
    inputs: [path, flags.calibrate],
    force,
    interruption,
  });
  const { signal } = interruption;
  const data =
    flags.calibrate === undefined
      ? undefined
      : await readCalibration(path, flags.calibrate, { model: training !== undefined });
  // A calibration, and a training, make models of all of it.
  const state =
    data === undefined
      ? await loadStateDict(path, { onDemand: true, signal })
      : await loadWeights(path, signal);
  const calibration = data && (await calibrate(data, state, signal));
  let trained: TrainedTensors | undefined;
  const train = async (rounded: RoundedTensors): Promise<TrainedTensors> => {
    shown[Symbol.dispose]();
    const { steps, rate } = training as Training;
    using display = showTraining(steps, 0);
    trained = await trainQuantized(state, rounded, {
      ...{ data: data as ModelCalibrationData, steps, rate, signal },
      onStep: (report, evaluation) => display.update(report, evaluation),
    });
    return trained;
  };
  using shown = showShare("Rounding");
  const found = await quantizeState(state, dtype, {
    rounding,
    weightingOf: (matrix) => calibration?.weightingOf(matrix),
    metadata: QUANTIZE_METADATA,
    signal,
    onProgress: (share) => shown.update(share),
    ...(training && { train: (rounded) => train(rounded) }),
  });
  if (found.matrices.length === 0) {
    throw new PapilioError(
      "MODEL_KIND",
      `There is no matrix among the ${state.size} tensors of ${path}.`,
      "Give a model with weights of two axes, or butterflies as papilio factorize writes them.",
    );
  }
  const worst = found.matrices.reduce((a, b) => (errorOf(b) > errorOf(a) ? b : a));
  if (most !== undefined && errorOf(worst) > most) {
    throw new PapilioError(
      "QUANTIZE_ERROR",
      `The relative error of ${worst.name} in ${dtype} is ${errorOf(worst).toPrecision(4)}, more than ${most}.`,
      "Use more bits, or allow a larger error with --max-error.",
    );
  }
  await outputs.write([[out, found.file]]);
  const vectors = calibration?.vectors ?? null;
  const learned = trained && {
    ...{ steps: training?.steps ?? 0, examples: trained.examples },
    ...{ before: trained.before, after: trained.after },
  };
  const facts = { dtype, rounding, vectors, ...(learned && { training: learned }), out };
  outputs.say(flags.json ? jsonOf(found, facts) : tableOf(found, out, learned));
}

/** What `--train` asks for. */
interface Training {
  readonly steps: number;
  readonly rate: number;
}

/** What a training did. */
interface Learned {
  readonly steps: number;
  readonly examples: number;
  readonly before: number;
  readonly after: number;
}

type RoundedTensors = Parameters<NonNullable<QuantizeOptions["train"]>>[0];

/** @throws PapilioError `FLAG_INVALID` */
function trainingOf(flags: Flags): Training | undefined {
  const rate = numberFrom("--rate", flags.rate, 0, 1);
  if (flags.train === undefined) return undefined;
  const steps = wholeNumber("--train", flags.train, 1, 1e7);
  if (flags.calibrate !== undefined) return { steps, rate };
  throw new PapilioError(
    "FLAG_INVALID",
    "--train is given without --calibrate: there is nothing to train on.",
    "Give --calibrate a text, images or ids like those in use.",
  );
}

/** Bytes of float32 over those of few bits: what a product that is bound by memory gains at most. */
function gainOf({ matrices }: QuantizedState): number {
  const before = matrices.reduce((sum, { weights }) => sum + 4 * weights, 0);
  return before / matrices.reduce((sum, { bytes }) => sum + bytes, 0);
}

function jsonOf(found: QuantizedState, facts: Readonly<Record<string, unknown>>): string {
  const { matrices, file, bytesBefore } = found;
  const bytes = { before: bytesBefore, after: file.length };
  return JSON.stringify({ ...facts, bytes, speedUpByBytes: gainOf(found), matrices }, null, 2);
}

function sentenceOf({ steps, examples, before, after }: Learned): string {
  const [from, to] = [before, after].map((loss) => loss.toPrecision(4));
  return `Trained ${steps} steps on ${examples} examples: its error beside float32 is ${to} instead of ${from}, on others.`;
}

/** Of the outputs, where there is a calibration; of the matrix otherwise. */
function errorOf({ error, outputError }: QuantizedState["matrices"][number]): number {
  return outputError ?? error;
}

function tableOf(found: QuantizedState, out: string, learned: Learned | undefined): string {
  const isCalibrated = found.matrices.some(({ outputError }) => outputError !== undefined);
  const outputs = isCalibrated ? ["of outputs"] : [];
  const table = newTable([
    "matrix",
    "shape",
    "relative error",
    ...outputs,
    "bytes before",
    "bytes",
  ]);
  for (const { name, shape, error, outputError, bytesBefore, bytes } of found.matrices) {
    const ofOutputs = isCalibrated ? [outputError?.toPrecision(4) ?? "-"] : [];
    const errors = [error.toPrecision(4), ...ofOutputs];
    table.push([name, shape.join(" x "), ...errors, bytesBefore, bytes]);
  }
  const lines = [
    table.toString(),
    "",
    ...(learned === undefined ? [] : [sentenceOf(learned)]),
    `Tensors of ${found.bytesBefore} bytes, in a file of ${found.file.length}: ${out}`,
    `A product that is bound by memory is at most ${gainOf(found).toFixed(1)} times as fast as in float32.`,
  ];
  return lines.join("\n");
}
