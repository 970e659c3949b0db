import { MEASURE_DEFAULTS } from "@papilio/bench";
import {
  findModelSubject,
  type MeasureModelOptions,
  MODEL_HEAD,
  type ModelSubject,
  measureModel,
  modelLines,
  modelRows,
  modelSubjects,
} from "@papilio/bench/models";
import { LINEAR_KINDS, MODELS_SCHEMA, type ModelResults } from "@papilio/bench/results";
import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import { Command } from "commander";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { list, oneOf, wholeNumber } from "../flags/options.ts";
import { describeEnvironment } from "../machine/environment.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";
import { writeToStandardOutput } from "../process/standard-output.ts";
import { newTable } from "../render/new-table.ts";
import { introduction } from "../render/render-results.ts";

interface Flags {
  readonly linear?: readonly string[];
  readonly images?: string;
  readonly tokens?: string;
  readonly verify?: string;
  readonly dtype?: readonly string[];
  readonly layout?: readonly string[];
  readonly adapter: string;
  readonly rounds: string;
  readonly seed: string;
  readonly json?: string;
  readonly force?: boolean;
}

const modelNames = modelSubjects.map(({ name }) => name);

/** `papilio bench-model`: a whole model, verified, then timed. */
export function benchModelCommand(interruption: Interruption): Command {
  return new Command("bench-model")
    .description("Compare dense with butterfly layers in a whole model: verified, then timed.")
    .argument("<model>", `one of ${modelNames.join(", ")}, with random weights`)
    .option("--linear <kinds>", "its linear layers: dense, butterfly, or both", list)
    .option("--images <count>", "images of a run of a model that takes images")
    .option("--tokens <count>", "tokens of a run of a model that takes tokens")
    .option("--verify <count>", "images or tokens that are computed on the CPU to compare with")
    .option("--dtype <types>", "f32, f16, or both; f32 unless given", list)
    .option("--layout <layouts>", "batch-first, batch-last, or both; batch-last unless given", list)
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--rounds <count>", "samples of each variant", `${MEASURE_DEFAULTS.rounds}`)
    .option("--seed <number>", "seed of the random numbers", `${MEASURE_DEFAULTS.seed}`)
    .option("--json <file>", "write the results, raw samples included, as JSON; - for stdout")
    .option("--force", FORCE_HELP)
    .addHelpText(
      "after",
      `
Examples:
  papilio bench-model vit-s16
  papilio bench-model vit-s16 --images 128 --dtype f16 --rounds 20 --json vit.json
  papilio bench-model gpt2-medium-block --tokens 1024 --dtype f32,f16

${exitStatuses("a variant gave a wrong answer")}`,
    )
    .action((model: string, flags: Flags) => benchModel(model, flags, interruption));
}

async function benchModel(name: string, flags: Flags, interruption: Interruption): Promise<void> {
  const subject = findModelSubject(name);
  const options = optionsOf(subject, flags);
  const file = flags.json === "-" ? undefined : flags.json;
  const outputs = await Outputs.open(
    file === undefined ? [] : [{ path: file, writer: "papilio bench-model" }],
    { inputs: [], force: flags.force, interruption },
  );
  using gpu = await openGpu({ adapter: flags.adapter });
  const command = `papilio ${process.argv.slice(2).join(" ")}`;
  const reason = "Energy is not measured for whole models.";
  const environment = await describeEnvironment(gpu, command, { reason });
  note(introduction(environment, undefined));
  // What was measured is written and shown, whatever ends the rounds.
  interruption.hold();
  const measured = await measureModel(gpu, subject, {
    ...options,
    signal: interruption.signal,
    onProgress: note,
  });
  const { rounds, minSample, seed, units } = options;
  const { name: model, description, unit } = subject;
  const results: ModelResults = {
    schema: MODELS_SCHEMA,
    environment,
    options: { rounds, minSample, seed },
    model,
    description,
    unit,
    units,
    ...measured,
  };
  const json = `${JSON.stringify(results, null, 2)}\n`;
  if (flags.json === "-") await writeToStandardOutput(json);
  else {
    if (file !== undefined) await outputs.write([[file, json]]);
    const table = newTable([...MODEL_HEAD]);
    table.push(...modelRows(results));
    outputs.say([table.toString(), "", ...modelLines(results)].join("\n"));
  }
  const wrong = results.variants.some(({ verification }) => !verification.ok);
  if (!results.complete) note("Stopped before the last round; what was measured is kept.");
  if (!results.complete || wrong) process.exitCode = 1;
}

function optionsOf(
  { name, unit, units, most, verified }: ModelSubject,
  flags: Flags,
): Omit<MeasureModelOptions, "signal" | "onProgress"> {
  const wrongUnit = unit === "images" ? "tokens" : "images";
  if (flags[wrongUnit] !== undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      `The model ${name} takes ${unit}, not ${wrongUnit}.`,
      `Leave out --${wrongUnit}, or give --${unit}.`,
    );
  }
  const given = flags[unit];
  const count = given === undefined ? units : wholeNumber(`--${unit}`, given, 1, most);
  return {
    units: count,
    verified:
      flags.verify === undefined ? verified : wholeNumber("--verify", flags.verify, 1, count),
    linears: (flags.linear ?? LINEAR_KINDS).map((text) => oneOf("--linear", text, LINEAR_KINDS)),
    dtypes: (flags.dtype ?? ["f32"]).map((text) => oneOf("--dtype", text, ["f32", "f16"])),
    layouts: (flags.layout ?? ["batch-last"]).map((text) => oneOf("--layout", text, LAYOUTS)),
    rounds: wholeNumber("--rounds", flags.rounds, 1, 1000),
    minSample: MEASURE_DEFAULTS.minSample,
    seed: wholeNumber("--seed", flags.seed, 0, 2 ** 31 - 1),
  };
}
