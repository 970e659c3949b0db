import { MEASURE_DEFAULTS } from "@papilio/bench";
import {
  findModelSubject,
  type MeasuredVariants,
  type MeasureModelOptions,
  MODEL_HEAD,
  type ModelSubject,
  measureModel,
  measureTraining,
  modelLines,
  modelRows,
  modelSubjects,
  requireTraining,
} from "@papilio/bench/models";
import { gcnOnCora } from "@papilio/bench/node";
import { ENGINES, LINEAR_KINDS, MODELS_SCHEMA, type ModelResults } from "@papilio/bench/results";
import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import { WEIGHT_DTYPES } from "@papilio/cpu-runtime/kernels";
import { Command } from "commander";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { findModelEngines, findTrainingEngines } from "../flags/model-engines.ts";
import { list, oneOf, wholeNumber } from "../flags/options.ts";
import { describeEnvironment } from "../machine/environment.ts";
import { TUNE_HELP, tuningOf } from "../models/compute.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Work } from "../process/kept.ts";
import { note } from "../process/print.ts";
import { newTable } from "../render/new-table.ts";
import { introduction } from "../render/render-results.ts";

const STOPPED = "Stopped before the last round; what was measured is kept.";

interface Flags {
  readonly engine?: readonly string[];
  readonly backend: string;
  readonly linear?: readonly string[];
  readonly images?: string;
  readonly tokens?: string;
  readonly sentences?: string;
  readonly sequences?: string;
  readonly verify?: string;
  readonly training?: boolean;
  readonly dtype?: readonly string[];
  readonly layout?: readonly string[];
  readonly tune?: boolean;
  readonly adapter: string;
  readonly rounds: string;
  readonly seed: string;
  readonly json?: string;
  readonly force?: boolean;
}

/** Those that need a file beside them too. */
const others: readonly ModelSubject[] = [gcnOnCora()];

/** `papilio bench-model`: a whole model, verified, then timed. */
export function benchModelCommand(interruption: Interruption): Command {
  return new Command("bench-model")
    .description(
      "Compare dense with butterfly layers in a whole model, by Papilio and by ONNX Runtime: verified, then timed.",
    )
    .argument("<model>", "one of those below, with random weights")
    .option(
      "--engine <names>",
      "papilio, onnxruntime, or both; both where onnxruntime-node is installed, unless given",
      list,
    )
    .option("--backend <name>", "auto, gpu or cpu; auto is both", "auto")
    .option("--linear <kinds>", "its linear layers: dense, butterfly, or both", list)
    .option("--images <count>", "images of a run of a model that takes images")
    .option("--tokens <count>", "tokens of a prompt, or places of a cache that are filled")
    .option("--sentences <count>", "sentences of a run of a model that takes sentences")
    .option("--sequences <count>", "so many of a *-decode model together too, beside one at a time")
    .option("--verify <count>", "how many the reference computes, to compare with")
    .option("--training", "whole steps of training: gradients, clipping and the updates of AdamW")
    .option("--dtype <types>", `${WEIGHT_DTYPES.join(", ")}, or several; f32 unless given`, list)
    .option("--layout <layouts>", "batch-first, batch-last, or both; batch-last unless given", list)
    .option("--tune", `of Papilio: ${TUNE_HELP}`)
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--rounds <count>", "samples of each variant", `${MEASURE_DEFAULTS.rounds}`)
    .option("--seed <number>", "seed of the random numbers", `${MEASURE_DEFAULTS.seed}`)
    .option("--json <file>", "write the results, raw samples included, as JSON; - for stdout")
    .option("--force", FORCE_HELP)
    .addHelpText(
      "after",
      `
Models:
${modelList()}

Examples:
  papilio bench-model vit-s16
  papilio bench-model gpt2-decode --backend cpu --rounds 15 --json gpt2-decode.json
  papilio bench-model gpt2-decode --sequences 16 --tokens 256
  papilio bench-model vit-s16 --images 128 --dtype f16 --rounds 20 --json vit.json
  papilio bench-model gpt2-medium-block --tokens 1024 --dtype f32,f16 --tune
  papilio bench-model gpt-384 --training --json training.json

${exitStatuses("a variant gave a wrong answer")}`,
    )
    .action((model: string, flags: Flags) => benchModel(model, flags, interruption));
}

function modelList(): string {
  const subjects = [...modelSubjects, ...others];
  const width = Math.max(...subjects.map(({ name }) => name.length));
  return subjects
    .map(
      ({ name, description, unit, units }) =>
        `  ${name.padEnd(width)}  ${description}; ${units} ${unit}`,
    )
    .join("\n");
}

async function benchModel(name: string, flags: Flags, interruption: Interruption): Promise<void> {
  const { training: trains = false } = flags;
  const subject = findModelSubject(name, others);
  if (trains) requireTrainingFlags(subject, flags);
  const options = optionsOf(trains ? { ...subject, ...trainingUnits(subject) } : subject, flags);
  const wanted = {
    engines: (flags.engine ?? ENGINES).map((text) => oneOf("--engine", text, ENGINES)),
    backend: oneOf("--backend", flags.backend, ["auto", "gpu", "cpu"]),
    adapter: flags.adapter,
    tune: tuningOf(flags, interruption.signal),
    dtypes: (flags.dtype ?? ["f32"]).map((text) => oneOf("--dtype", text, WEIGHT_DTYPES)),
    layouts: (flags.layout ?? ["batch-last"]).map((text) => oneOf("--layout", text, LAYOUTS)),
  };
  const file = flags.json === "-" ? undefined : flags.json;
  const outputs = await Outputs.open(
    file === undefined ? [] : [{ path: file, writer: "papilio bench-model" }],
    { inputs: [], force: flags.force, interruption },
  );
  using found = await (trains ? findTrainingEngines(wanted) : findModelEngines(wanted));
  const { gpu, versions, skipped } = found;
  const command = `papilio ${process.argv.slice(2).join(" ")}`;
  const reason = "Energy is not measured for whole models.";
  const described = await describeEnvironment(gpu, command, { reason });
  const environment = { ...described, versions: { ...described.versions, ...versions } };
  note(introduction(environment, undefined));
  for (const { name: variant, reason: why } of skipped) note(`${variant} is not compared: ${why}`);
  const { rounds, minSample, seed, units } = options;
  const { unit } = subject;
  const model = trains ? `${name} training` : name;
  const description = trains
    ? `a step of training, its gradients, clipping and AdamW; ${requireTraining(subject).description}`
    : subject.description;
  const work = (measured: MeasuredVariants): Work => {
    const results: ModelResults = {
      schema: MODELS_SCHEMA,
      environment,
      options: { rounds, minSample, seed },
      model,
      description,
      unit,
      units,
      ...measured,
      skipped: [...skipped, ...measured.skipped],
    };
    const json = (): string => JSON.stringify(results, null, 2);
    const stopped = results.complete ? {} : { stderr: STOPPED };
    return {
      show: () => {
        if (flags.json === "-") return { stdout: json(), ...stopped };
        const table = newTable([...MODEL_HEAD]);
        table.push(...modelRows(results));
        const lines = [table.toString(), "", ...modelLines(results)].join("\n");
        return outputs.shown(lines, stopped.stderr);
      },
      ...(file === undefined
        ? {}
        : { save: (last: boolean) => outputs.save(file, `${json()}\n`, last) }),
    };
  };
  const measuring = {
    ...options,
    signal: interruption.signal,
    onProgress: note,
    onMeasured: (soFar: MeasuredVariants) => interruption.keep(work(soFar)),
  };
  const measured =
    "training" in found
      ? await measureTraining(found.training, subject, measuring)
      : await measureModel(found.engines, subject, measuring);
  await interruption.finish(work(measured));
  if (measured.variants.some(({ verification }) => !verification.ok)) process.exitCode = 1;
}

/** A step takes as many as a run for which training is known. */
function trainingUnits(subject: ModelSubject): Pick<ModelSubject, "units" | "verified"> {
  const { units } = requireTraining(subject);
  return { units, verified: null };
}

/** @throws PapilioError `MODEL_UNKNOWN`, `FLAG_INVALID` for what training has no choice of */
function requireTrainingFlags(subject: ModelSubject, flags: Flags): void {
  requireTraining(subject);
  const refused = (["engine", "verify", "sequences", "dtype", "layout", "tune"] as const).find(
    (flag) => flags[flag] !== undefined,
  );
  if (refused === undefined) return;
  throw new PapilioError(
    "FLAG_INVALID",
    `--${refused} is given with --training, which is by Papilio in f32 alone and compares what it always does.`,
    `Leave out --${refused}.`,
  );
}

const MOST_SEQUENCES = 256;

/** By which flag the units of a run are given. */
const UNIT_FLAGS = {
  images: "images",
  tokens: "tokens",
  "cached tokens": "tokens",
  sentences: "sentences",
  nodes: undefined,
} as const;

function optionsOf(
  { name, unit, units, most, verified, together }: ModelSubject,
  flags: Flags,
): Omit<MeasureModelOptions, "signal" | "onProgress"> {
  const own = UNIT_FLAGS[unit];
  const wrong = (["images", "tokens", "sentences"] as const).find(
    (flag) => flag !== own && flags[flag] !== undefined,
  );
  if (wrong !== undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      `The model ${name} takes ${unit}, not ${wrong}.`,
      own === undefined ? `Leave out --${wrong}.` : `Leave out --${wrong}, or give --${own}.`,
    );
  }
  if (flags.sequences !== undefined && together === undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      `A run of the model ${name} is of no sequences.`,
      "Leave out --sequences, or name a *-decode model.",
    );
  }
  const given = own === undefined ? undefined : flags[own];
  const count = given === undefined ? units : wholeNumber(`--${own}`, given, 1, most);
  return {
    units: count,
    verified:
      flags.verify === undefined
        ? (verified ?? count)
        : wholeNumber("--verify", flags.verify, 1, count),
    linears: (flags.linear ?? LINEAR_KINDS).map((text) => oneOf("--linear", text, LINEAR_KINDS)),
    ...(flags.sequences !== undefined && {
      sequences: wholeNumber("--sequences", flags.sequences, 2, MOST_SEQUENCES),
    }),
    rounds: wholeNumber("--rounds", flags.rounds, 1, 1000),
    minSample: MEASURE_DEFAULTS.minSample,
    seed: wholeNumber("--seed", flags.seed, 0, 2 ** 31 - 1),
  };
}
