import { MEASURE_DEFAULTS } from "@papilio/bench";
import {
  findModelSubject,
  type MeasureModelOptions,
  MODEL_HEAD,
  type ModelSubject,
  measureModel,
  modelLines,
  modelRows,
} from "@papilio/bench/models";
import { LINEAR_KINDS, MODELS_SCHEMA, type ModelResults } from "@papilio/bench/results";
import { LAYOUTS, PapilioError } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import { Outputs } from "../files/outputs.ts";
import { oneOf, wholeNumber } from "../flags/options.ts";
import { describeEnvironment } from "../machine/environment.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";
import { writeToStandardOutput } from "../process/standard-output.ts";
import { newTable } from "../render/new-table.ts";
import { introduction } from "../render/render-results.ts";

/** The flags of `papilio bench` that go with `--model`, and those that do not. */
export interface ModelFlags {
  readonly model: string;
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
  readonly pattern?: unknown;
  readonly batch?: unknown;
  readonly filter?: unknown;
  readonly shard?: unknown;
  readonly implementation?: unknown;
  readonly timeBudget?: unknown;
}

/** Flags that say something of a model. */
const OF_MODELS = ["linear", "images", "tokens", "verify", "force"] as const;
/** Flags that say something of single multiplications. */
const OTHERS = ["pattern", "batch", "filter", "shard", "implementation", "timeBudget"] as const;

/** `papilio bench --model`: a whole model, verified, then timed. */
export async function benchModel(flags: ModelFlags, interruption: Interruption): Promise<void> {
  const subject = findModelSubject(flags.model);
  const options = optionsOf(subject, flags);
  const file = flags.json === "-" ? undefined : flags.json;
  const outputs = await Outputs.open(
    file === undefined ? [] : [{ path: file, writer: "papilio bench --model" }],
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

/**
 * Refuses flags of `--model` where there is none, rather than ignoring them.
 *
 * @throws PapilioError `FLAG_INVALID`
 */
export function refuseModelFlags(
  flags: Readonly<Partial<Record<(typeof OF_MODELS)[number], unknown>>>,
): void {
  const given = OF_MODELS.find((flag) => flags[flag] !== undefined);
  if (given !== undefined) refuse(`--${given} goes with --model.`);
}

function optionsOf(
  { name, unit, units, most, verified }: ModelSubject,
  flags: ModelFlags,
): Omit<MeasureModelOptions, "signal" | "onProgress"> {
  const other = OTHERS.find((flag) => flags[flag] !== undefined);
  if (other !== undefined)
    refuse(`--${other.replace("timeB", "time-b")} does not go with --model.`);
  const wrongUnit = unit === "images" ? "tokens" : "images";
  if (flags[wrongUnit] !== undefined) refuse(`The model ${name} takes ${unit}, not ${wrongUnit}.`);
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

function refuse(message: string): never {
  throw new PapilioError("FLAG_INVALID", message, "Leave it out.");
}
