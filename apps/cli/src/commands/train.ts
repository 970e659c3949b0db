import { stat } from "node:fs/promises";
import { join } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { loadCheckpoint, saveCheckpoint, saveStateDict } from "@papilio/nn/node";
import {
  type Evaluation,
  factorRates,
  initialize,
  type StepReport,
  type TrainerState,
  type TrainingTask,
  train,
} from "@papilio/nn/training";
import { Command } from "commander";
import { readBytes } from "../files/input-file.ts";
import { makeFolder } from "../files/make-folder.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { OnDemandAdapter } from "../models/compute.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Shown, Work } from "../process/kept.ts";
import { note } from "../process/print.ts";
import { newTable } from "../render/new-table.ts";
import { showTraining } from "../render/progress.ts";
import { Metrics } from "../training/metrics.ts";
import { startFrom } from "../training/start-from.ts";
import { withTeacher } from "../training/teacher.ts";
import { choiceOf, settingsOf, type TrainFlags } from "../training/train-flags.ts";
import { type Prepared, prepare } from "../training/train-model.ts";

/** `papilio train`: a model of butterflies, or a dense one, on data of files. */
export function trainCommand(interruption: Interruption): Command {
  return new Command("train")
    .description(
      "Train a model on a text, on images, on a graph or on a table, on the CPU or on an adapter.",
    )
    .argument(
      "<data>",
      "a text; images: a folder for each class, an IDX file, or lines of pixels and a label; a graph in JSON; or a table in CSV",
    )
    .option(
      "--model <kind>",
      "gpt2 or llama for text, vit for images, gcn, graphsage or gat for nodes, mlp for a table",
    )
    .option("--target <column>", "of a table, which is predicted of the others")
    .option(
      "--task <task>",
      "classification or regression; classification of texts and of at most 20 whole numbers unless given",
    )
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
    .option("--test <share>", "of the rows of a table, which are measured in the end alone", "0.1")
    .option("--validation-data <path>", "other data for validation")
    .option("--shift <pixels>", "by which images are moved at random, at most", "0")
    .option("--flip", "mirror half of the images at random, left to right")
    .option("--dropout <share>", "of what each layer of a classifier of nodes reads", "0")
    .option("--smoothing <share>", "what all classes share of a label", "0")
    .option("--steps <count>", "steps in all", "1000")
    .option("--batch <count>", "sequences, images or rows of a run", "16")
    .option("--accumulate <count>", "runs of a step", "1")
    .option("--optimizer <kind>", "adamw, adam, or sgd with a momentum of 0.9", "adamw")
    .option("--rate <rate>", "the largest learning rate", "0.003")
    .option("--warmup <steps>", "in which the rate grows, before it falls along a cosine", "0")
    .option("--decay <decay>", "weight decay of matrices", "0.01")
    .option("--clip <norm>", "the largest norm of the gradient")
    .option("--seed <seed>", "of the first numbers, and the order of the data", "0")
    .option(
      "--factors <kind>",
      "first numbers of factors: normal, or orthogonal blocks, which suit products of many",
      "normal",
    )
    .option("--one-rate", "the same rate for all factors of a product, as suits many")
    .option("--evaluate-every <steps>", "steps between two evaluations", "100")
    .option("--keep-every <steps>", "steps between two checkpoints", "100")
    .option("--from <folder>", "a model that it starts from; its dense layers are factorized first")
    .option("--teacher <folder>", "a model whose logits are learned, besides the data")
    .option("--temperature <t>", "by which logits are divided for that", "2")
    .option("--backend <name>", "cpu or gpu", "cpu")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--metrics <file>", "a JSON object for each step goes here, line by line")
    .option("--resume", "go on from the checkpoint in --out; from the start where there is none")
    .option("--weights-only", "leave what the optimizer needs out in the end: no run goes on then")
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
  papilio train cora.json --model gcn --layers 2 --features 16 --dropout 0.5 --rate 0.01 --out cora
  papilio train penguins.csv --target species --layers 2 --features 64 --out penguins
  papilio train train-images-idx3-ubyte.gz --model vit --image-size 28 --patch 7 --out mnist

${exitStatuses("the loss is no number")}`,
    )
    .action((data: string, flags: TrainFlags) => run(data, flags, interruption));
}

async function run(data: string, flags: TrainFlags, interruption: Interruption): Promise<void> {
  const choice = choiceOf(data, flags);
  const settings = settingsOf(flags);
  const { teacher } = flags;
  const alone = await prepare(choice);
  const prepared =
    teacher === undefined ? alone : await withTeacher(alone, teacher, choice, interruption.signal);
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
  const before = resume
    ? await loadCheckpoint(weights, task.parameters, { settings: described })
    : undefined;
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
  if (before === undefined) {
    if (flags.from === undefined) {
      const { factors } = settings;
      initialize(task.graph, { seed: choice.seed, factors });
    } else await start(flags.from, prepared, interruption.signal);
  }
  using adapter = new OnDemandAdapter(flags.adapter);
  const gpu = settings.backend === "gpu" ? await adapter.open() : undefined;
  for (const [name, contents] of prepared.files)
    await outputs.save(join(out, name), contents, true);
  const found: Found = {
    steps: before?.state.steps ?? 0,
    last: undefined,
    evaluation: undefined,
    test: undefined,
  };
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
    optimizer:
      settings.optimizer === "sgd" ? { kind: "sgd", momentum: 0.9 } : { kind: settings.optimizer },
    rate: settings.schedule,
    multipliers: settings.oneRate ? undefined : factorRates(task.graph),
    decay: settings.decay,
    clip: settings.clip,
    accumulate: settings.accumulate,
    kernels: "wasm",
    gpu,
    steps: settings.steps,
    evaluateEvery: settings.evaluateEvery,
    keepEvery: settings.keepEvery,
    state: before?.state,
    signal: interruption.signal,
    onState: async (state) => {
      const optimizer = settings.optimizer;
      if (flags.weightsOnly && state.steps === settings.steps) {
        await saveStateDict(out, weightsOf(task.parameters, state));
      } else {
        await saveCheckpoint(weights, task.parameters, { state, optimizer, settings: described });
      }
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
  found.test = await task.test?.();
  await interruption.finish({ show: () => shownOf(flags, found, outputs) });
}

/** The parameters by their names, as a state has them. */
function weightsOf(
  parameters: TrainingTask["parameters"],
  state: TrainerState,
): ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }> {
  return new Map(
    [...parameters].map(([name, { shape }], at) => [
      name,
      { shape, values: state.parameters[at] ?? new Float32Array() },
    ]),
  );
}

/** How far a run has come. */
interface Found {
  steps: number;
  last: StepReport | undefined;
  evaluation: Evaluation | undefined;
  /** Of rows that the run has not seen; once it has ended. */
  test: Evaluation | undefined;
}

function shownOf(
  { json, out }: TrainFlags,
  found: Found,
  outputs: Outputs,
  stopped?: string,
): Shown {
  const { steps, last, evaluation, test } = found;
  const loss = last?.loss ?? null;
  if (json) {
    const result = {
      model: out,
      steps,
      loss,
      validation: evaluation ?? null,
      ...(test && { test }),
    };
    return outputs.shown(JSON.stringify(result, null, 2), stopped);
  }
  const share = evaluation?.determination === undefined ? "accuracy" : "R²";
  const table = newTable([
    ...["steps", "loss", "validation loss", share],
    ...(test === undefined ? [] : ["test loss", `test ${share}`]),
    "model",
  ]);
  const digits = (number: number | null | undefined): string => number?.toFixed(4) ?? "-";
  const measured = [evaluation, ...(test === undefined ? [] : [test])].flatMap((one) => [
    digits(one?.loss),
    digits(one?.accuracy ?? one?.determination),
  ]);
  table.push([steps, digits(loss), ...measured, out]);
  return outputs.shown(table.toString(), stopped);
}

/** Takes the numbers of another model, and says what factorizing it has cost. */
async function start(from: string, { model }: Prepared, signal: AbortSignal): Promise<void> {
  const errors = [...(await startFrom(from, model, signal)).values()];
  if (errors.length === 0) return;
  const [least, most] = [Math.min(...errors), Math.max(...errors)].map((error) => error.toFixed(2));
  note(`Factorized ${errors.length} layers of ${from}: relative errors of ${least} to ${most}.`);
}

/** Files of an earlier run are hours of work: they are replaced when that is meant alone. */
function openOutputs(
  flags: TrainFlags & { readonly data: string },
  { files }: Prepared,
  goesOn: boolean,
  interruption: Interruption,
): Promise<Outputs> {
  const {
    out,
    metrics,
    force = false,
    data,
    validationData,
    tokenizer,
    labels,
    from,
    teacher,
  } = flags;
  const names = ["model.safetensors", ...files.keys()].map((name) => join(out, name));
  return Outputs.open(
    [...names, ...(metrics === undefined ? [] : [metrics])].map((path) => ({
      path,
      writer: "papilio train",
    })),
    {
      inputs: [data, validationData, tokenizer, labels, from, teacher],
      force: force || goesOn,
      interruption,
    },
  );
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
