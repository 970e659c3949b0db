import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import {
  type Checkpoint,
  decodeCheckpoint,
  type Evaluation,
  encodeCheckpoint,
  factorRates,
  initialize,
  readCheckpointSettings,
  type StepReport,
  train,
  warmupCosine,
} from "@papilio/nn/training";
import { Command } from "commander";
import { readBytes } from "../files/input-file.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { numberFrom, oneOf, wholeNumber } from "../flags/options.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Shown, Work } from "../process/kept.ts";
import { note } from "../process/print.ts";
import { newTable } from "../render/new-table.ts";
import { showTraining } from "../render/progress.ts";
import { Metrics } from "../training/metrics.ts";
import { MODELS, type Prepared, prepare, type TrainingChoice } from "../training/train-model.ts";

interface Flags {
  readonly model: string;
  readonly linear: string;
  readonly layers: string;
  readonly features: string;
  readonly heads: string;
  readonly context: string;
  readonly imageSize: string;
  readonly patch: string;
  readonly labels?: string;
  readonly tokenizer?: string;
  readonly validation: string;
  readonly validationData?: string;
  readonly shift: string;
  readonly flip?: boolean;
  readonly smoothing: string;
  readonly steps: string;
  readonly batch: string;
  readonly accumulate: string;
  readonly optimizer: string;
  readonly rate: string;
  readonly warmup: string;
  readonly decay: string;
  readonly clip?: string;
  readonly seed: string;
  readonly evaluateEvery: string;
  readonly keepEvery: string;
  readonly out: string;
  readonly metrics?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `papilio train`: a model of butterflies, or a dense one, on data of files. */
export function trainCommand(interruption: Interruption): Command {
  return new Command("train")
    .description("Train a model on a text or on images, on the CPU.")
    .argument(
      "<data>",
      "a text; or images: a folder for each class, an IDX file, or lines of pixels and a label",
    )
    .requiredOption("--model <kind>", "gpt2 or llama for text, vit for images")
    .requiredOption("--out <folder>", "where the model goes, as generate, classify and run read it")
    .option(
      "--linear <kind>",
      'dense, monarch, dyadic, or products as "1,64,64,64; 64,64,64,1", divided by |',
      "monarch",
    )
    .option("--layers <count>", "layers of the model", "4")
    .option("--features <count>", "features of each vector", "128")
    .option("--heads <count>", "heads of attention", "4")
    .option("--context <tokens>", "tokens of a sequence", "64")
    .option("--image-size <pixels>", "to which images in folders are resized", "32")
    .option("--patch <pixels>", "pixels of a patch, on each side", "4")
    .option("--labels <file>", "labels of an IDX file; that of its name unless given")
    .option("--tokenizer <file>", "a tokenizer.json; each character is a token unless given")
    .option("--validation <share>", "of the data, which is not trained on", "0.1")
    .option("--validation-data <path>", "other data for validation")
    .option("--shift <pixels>", "by which images are moved at random, at most", "0")
    .option("--flip", "mirror half of the images at random, left to right")
    .option("--smoothing <share>", "what all classes share of a label", "0")
    .option("--steps <count>", "steps in all", "1000")
    .option("--batch <count>", "sequences or images of a run", "16")
    .option("--accumulate <count>", "runs of a step", "1")
    .option("--optimizer <kind>", "adamw, or sgd with a momentum of 0.9", "adamw")
    .option("--rate <rate>", "the largest learning rate", "0.003")
    .option("--warmup <steps>", "in which the rate grows, before it falls along a cosine", "0")
    .option("--decay <decay>", "weight decay of matrices", "0.01")
    .option("--clip <norm>", "the largest norm of the gradient")
    .option("--seed <seed>", "of the first numbers, and the order of the data", "0")
    .option("--evaluate-every <steps>", "steps between two evaluations", "100")
    .option("--keep-every <steps>", "steps between two checkpoints", "100")
    .option("--metrics <file>", "a JSON object for each step goes here, line by line")
    .option("--resume", "go on from the checkpoint in --out; from the start where there is none")
    .option("--force", FORCE_HELP)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
The weights and what the optimizer needs are in one file, model.safetensors, which is replaced as a whole:
a run that was stopped or killed goes on with --resume and the same flags, bit by bit as if it had not been.
Ctrl+C ends it after the step that is under way, with a checkpoint.

Examples:
  papilio train input.txt --model gpt2 --linear monarch --steps 2000 --out shakespeare
  papilio generate shakespeare --prompt "ROMEO:"
  papilio train photos/ --model vit --image-size 32 --shift 2 --flip --out photos-vit
  papilio train train-images-idx3-ubyte.gz --model vit --image-size 28 --patch 7 --out mnist

${exitStatuses("the loss is no number")}`,
    )
    .action((data: string, flags: Flags) => run(data, flags, interruption));
}

async function run(data: string, flags: Flags, interruption: Interruption): Promise<void> {
  const choice = choiceOf(data, flags);
  const settings = settingsOf(flags);
  const prepared = await prepare(choice);
  using task = prepared.task;
  const { out, resume = false, metrics: metricsFile } = flags;
  // What another place of the same data is called is no other run.
  const {
    data: _data,
    validationData: _other,
    labels: _labels,
    tokenizer: _file,
    ...sizes
  } = choice;
  const { schedule: _schedule, ...numbers } = settings;
  const described = JSON.stringify({ ...sizes, ...numbers, digest: prepared.digest });
  await makeFolder(out);
  const weights = join(out, "model.safetensors");
  const before = resume ? await checkpointIn(weights, described, prepared) : undefined;
  const outputs = await openOutputs(
    { ...flags, data },
    prepared,
    before !== undefined,
    interruption,
  );
  const metrics = new Metrics();
  if (before !== undefined && metricsFile !== undefined && (await isThere(metricsFile))) {
    metrics.continueFrom(
      new TextDecoder().decode(await readBytes(metricsFile)),
      before.state.steps,
    );
  }
  if (before === undefined) initialize(task.graph, { seed: choice.seed });
  for (const [name, contents] of prepared.files)
    await outputs.save(join(out, name), contents, true);
  const found: Found = { steps: before?.state.steps ?? 0, last: undefined, evaluation: undefined };
  let kept = 0;
  const work = (): Work => ({
    show: () =>
      shownOf(
        flags,
        found,
        outputs,
        `Stopped after step ${found.steps}; the checkpoint has ${kept}.`,
      ),
  });
  await interruption.keep(work());
  // The state is read when a step has ended, and written whole: the command ends by itself.
  using _held = interruption.hold();
  using progress = showTraining(settings.steps, found.steps);
  const saveMetrics = async (last: boolean): Promise<void> => {
    if (metricsFile !== undefined) await outputs.save(metricsFile, metrics.text, last);
  };
  const { stopped } = await train(task, {
    optimizer: settings.optimizer === "sgd" ? { kind: "sgd", momentum: 0.9 } : { kind: "adamw" },
    rate: settings.schedule,
    multipliers: factorRates(task.graph),
    decay: settings.decay,
    clip: settings.clip,
    accumulate: settings.accumulate,
    kernels: "wasm",
    steps: settings.steps,
    evaluateEvery: settings.evaluateEvery,
    keepEvery: settings.keepEvery,
    state: before?.state,
    signal: interruption.signal,
    onState: async (state) => {
      const optimizer = settings.optimizer;
      await outputs.save(
        weights,
        encodeCheckpoint(task.parameters, { state, optimizer, settings: described }),
        true,
      );
      kept = state.steps;
      await saveMetrics(false);
    },
    onStep: async (report, evaluation) => {
      found.steps = report.step + 1;
      found.last = report;
      found.evaluation = evaluation ?? found.evaluation;
      metrics.add(evaluation === undefined ? report : { ...report, validation: evaluation });
      progress.update(report, evaluation);
      await interruption.keep(work());
    },
  }).catch(async (error: unknown) => {
    await saveMetrics(true);
    if (error instanceof PapilioError && error.code === "TRAINING_DIVERGED") {
      note(`The checkpoint of step ${kept} is in ${out}.`);
    }
    throw error;
  });
  await saveMetrics(true);
  if (stopped) interruption.signal.throwIfAborted();
  await interruption.finish({ show: () => shownOf(flags, found, outputs) });
}

/** How far a run has come. */
interface Found {
  steps: number;
  last: StepReport | undefined;
  evaluation: Evaluation | undefined;
}

function shownOf({ json, out }: Flags, found: Found, outputs: Outputs, stopped?: string): Shown {
  const { steps, last, evaluation } = found;
  const loss = last?.loss ?? null;
  if (json) {
    const result = { model: out, steps, loss, validation: evaluation ?? null };
    return outputs.shown(JSON.stringify(result, null, 2), stopped);
  }
  const table = newTable(["steps", "loss", "validation loss", "accuracy", "model"]);
  const digits = (number: number | null | undefined): string => number?.toFixed(4) ?? "-";
  table.push([steps, digits(loss), digits(evaluation?.loss), digits(evaluation?.accuracy), out]);
  return outputs.shown(table.toString(), stopped);
}

function choiceOf(data: string, flags: Flags): TrainingChoice {
  const size = (flag: string, text: string): number => wholeNumber(flag, text, 1, 2 ** 16);
  const share = (flag: string, text: string): number => numberFrom(flag, text, 0, 0.999);
  return {
    data,
    validationData: flags.validationData,
    labels: flags.labels,
    tokenizer: flags.tokenizer,
    model: oneOf("--model", flags.model, MODELS),
    linear: flags.linear,
    layers: wholeNumber("--layers", flags.layers, 1, 1024),
    features: size("--features", flags.features),
    heads: size("--heads", flags.heads),
    context: size("--context", flags.context),
    imageSize: wholeNumber("--image-size", flags.imageSize, 1, 4096),
    patch: wholeNumber("--patch", flags.patch, 1, 4096),
    batch: size("--batch", flags.batch),
    seed: wholeNumber("--seed", flags.seed, 0, 2 ** 32 - 1),
    validation: share("--validation", flags.validation),
    shift: wholeNumber("--shift", flags.shift, 0, 4096),
    flip: flags.flip ?? false,
    smoothing: share("--smoothing", flags.smoothing),
  };
}

function settingsOf(flags: Flags): {
  readonly steps: number;
  readonly accumulate: number;
  readonly optimizer: "adamw" | "sgd";
  readonly rate: number;
  readonly warmup: number;
  readonly schedule: ReturnType<typeof warmupCosine>;
  readonly decay: number;
  readonly clip: number | undefined;
  readonly evaluateEvery: number;
  readonly keepEvery: number;
} {
  const count = (flag: string, text: string, least = 0): number =>
    wholeNumber(flag, text, least, 1e9);
  const steps = count("--steps", flags.steps, 1);
  const rate = numberFrom("--rate", flags.rate, 0, 1e6);
  const warmup = wholeNumber("--warmup", flags.warmup, 0, steps);
  return {
    steps,
    rate,
    warmup,
    schedule: warmupCosine({ rate, warmup, steps }),
    accumulate: count("--accumulate", flags.accumulate, 1),
    optimizer: oneOf("--optimizer", flags.optimizer, ["adamw", "sgd"]),
    decay: numberFrom("--decay", flags.decay, 0, 1e6),
    clip: flags.clip === undefined ? undefined : numberFrom("--clip", flags.clip, 0, 1e6),
    evaluateEvery: count("--evaluate-every", flags.evaluateEvery),
    keepEvery: count("--keep-every", flags.keepEvery),
  };
}

/** What a run goes on from; undefined where there is nothing. Throws `TRAINING_OTHER_RUN`. */
async function checkpointIn(
  file: string,
  described: string,
  { task }: Prepared,
): Promise<Checkpoint | undefined> {
  if (!(await isThere(file))) return undefined;
  const bytes = await readBytes(file);
  if (readCheckpointSettings(bytes) === described) return decodeCheckpoint(bytes, task.parameters);
  throw new PapilioError(
    "TRAINING_OTHER_RUN",
    `The checkpoint in ${file} is of a run with other data or other flags.`,
    "Give the same data and flags to go on from it, or another --out.",
  );
}

/** Files of an earlier run are hours of work: they are replaced when that is meant alone. */
function openOutputs(
  flags: Flags & { readonly data: string },
  { files }: Prepared,
  goesOn: boolean,
  interruption: Interruption,
): Promise<Outputs> {
  const { out, metrics, force = false, data, validationData, tokenizer, labels } = flags;
  const names = ["model.safetensors", ...files.keys()].map((name) => join(out, name));
  return Outputs.open(
    [...names, ...(metrics === undefined ? [] : [metrics])].map((path) => ({
      path,
      writer: "papilio train",
    })),
    { inputs: [data, validationData, tokenizer, labels], force: force || goesOn, interruption },
  );
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new PapilioError(
      "OUTPUT_UNWRITABLE",
      `The folder ${folder} cannot be made: ${(cause as Error).message}.`,
      "Give the path of a folder that you may write to.",
      { cause },
    );
  }
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
