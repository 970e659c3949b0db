import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import type { RunOutputs } from "@papilio/nn";
import { outlineFromHuggingFace } from "@papilio/nn/models";
import { Command } from "commander";
import { writeMarkedNpy } from "../files/marked-npy.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { collect } from "../flags/options.ts";
import { NATS_HELP } from "../jobs/nats.ts";
import { runJob } from "../jobs/run-job.ts";
import {
  ADAPTER_WEIGHTS_HELP,
  type AdapterFlags,
  adapterChoices,
  MERGE_ADAPTERS_HELP,
  withAdapters,
} from "../models/adapter-weights.ts";
import { type ArrayFile, readArray } from "../models/array-file.ts";
import {
  type ComputeFlags,
  compileFor,
  DTYPE_HELP,
  dtypeOf,
  OnDemandAdapter,
  openCompute,
  TUNE_HELP,
} from "../models/compute.ts";
import { folderOf, loadModel, type ModelConfig, readConfig } from "../models/model-folder.ts";
import { type BoundModel, bindInputs, requireOutputs } from "../models/model-inputs.ts";
import { bindGraph, GRAPH_HELP, takesGraph } from "../models/node-model.ts";
import { requireFits } from "../models/require-fits.ts";
import {
  type BoundTable,
  bindTable,
  inUnits,
  predictionsOf,
  takesTable,
} from "../models/table-model.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";
import { newTable } from "../render/new-table.ts";

interface Flags extends ComputeFlags, AdapterFlags {
  readonly input?: readonly string[];
  readonly graph?: string;
  readonly output?: readonly string[];
  readonly force?: boolean;
  readonly plan?: boolean;
  readonly nats?: string;
  readonly chunk?: string;
  readonly json?: boolean;
}

/** `papilio run`: a model on inputs of files. */
export function runCommand(interruption: Interruption): Command {
  return new Command("run")
    .description("Run a model on inputs of files, on an adapter or on the CPU.")
    .argument(
      "<model>",
      "a folder with config.json and safetensors files, or its .safetensors file",
    )
    .option(
      "--input <name=file>",
      "numbers of an input: npy, csv or Matrix Market; may be repeated",
      collect,
    )
    .option("--graph <file>", GRAPH_HELP)
    .option("--output <name=file>", "where an output goes, as npy; may be repeated", collect)
    .option("--force", FORCE_HELP)
    .option("--plan", "print what the model becomes where it is computed")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option("--dtype <type>", DTYPE_HELP, "f32")
    .option("--tune", TUNE_HELP)
    .option("--nats <address>", `divide inputs among papilio workers: ${NATS_HELP}`)
    .option(
      "--chunk <rows>",
      "rows of the inputs in a part, with --nats; 64 or what a message holds",
    )
    .option("--adapter-weights <path[=scale]>", ADAPTER_WEIGHTS_HELP, collect)
    .option("--merge-adapters", MERGE_ADAPTERS_HELP)
    .option("--json", "print shapes, times and the plan as JSON")
    .addHelpText(
      "after",
      `
Inputs, by the model_type of config.json:
  vit           images [n, channels, height, width], normalized as the model wants them
  llama, gpt2   ids [tokens] or [sequences, tokens], integers
  bert          ids, and lengths [sequences] where sequences are padded
  gcn, graphsage, gat   none: --graph
  mlp           features, a table in CSV with the columns that it was trained on; a .csv output has predictions

Examples:
  papilio run vit-base --input images=x.npy --output logits=y.npy
  papilio run minilm --input ids=ids.npy --input lengths=n.csv --output embeddings=y.npy
  papilio run gpt2 --input ids=ids.csv --plan
  papilio run gpt2 --input ids=ids.csv --dtype f16 --tune
  papilio run cora --graph cora.json --output logits=y.npy
  papilio run penguins --input features=rows.csv --output logits=species.csv

With --nats, all machines on which \`papilio worker\` runs with the same model compute rows of the inputs: npy files of
any size, or others that are read as a whole. A job that was stopped or killed goes on where it was when it is run again; until it is
done, its results are in FILE.part and FILE.job.
  papilio run vit-base --nats nats://10.0.0.1:4222 --input images=all.npy --output logits=y.npy

${exitStatuses()}`,
    )
    .action((path: string, flags: Flags) => run(path, flags, interruption));
}

async function run(path: string, flags: Flags, interruption: Interruption): Promise<void> {
  const inputs = pairs("--input", flags.input ?? []);
  const files = pairs("--output", flags.output ?? []);
  requireInputs(flags);
  if (flags.nats !== undefined) {
    if (flags.adapterWeights !== undefined) throw adaptersOfJob();
    if (flags.tune) throw tuningOfJob();
    return await runJob(path, { ...flags, nats: flags.nats }, inputs, files, interruption);
  }
  const adapters = await adapterChoices(flags.adapterWeights);
  const outputFiles = await Outputs.open(
    [...files.values()].map((path) => ({ path, writer: "papilio run" })),
    {
      inputs: [
        ...[path, await folderOf(path), flags.graph, ...inputs.values()],
        ...adapters.map((one) => one.path),
      ],
      force: flags.force,
      interruption,
    },
  );
  const config = await readConfig(await folderOf(path));
  const arrays = new Map<string, ArrayFile>();
  if (!takesTable(config)) {
    for (const [name, file] of inputs) arrays.set(name, await readArray(file));
  }
  dtypeOf(flags);
  using adapter = new OnDemandAdapter(flags.adapter);
  const { signal } = interruption;
  const bound = takesGraph(config, flags.graph)
    ? await bindGraph(path, config, flags.graph, signal)
    : takesTable(config)
      ? await bindTable(path, config, tableOf(inputs, flags), signal)
      : await bindModel(path, config, { flags, arrays, adapters, adapter, signal });
  const encoding = "encoding" in bound ? (bound as BoundTable).encoding : undefined;
  requireOutputs(bound, files);
  const compute = await openCompute(flags, bound.graph, adapter, signal);
  const started = performance.now();
  using executable = await compileFor(compute, bound.graph);
  const compiled = performance.now();
  const computed = await executable.run(bound.inputs);
  const seconds = {
    compile: (compiled - started) / 1000,
    run: (performance.now() - compiled) / 1000,
  };
  const outputs = encoding === undefined ? computed : inUnits(encoding, computed);
  const shapes = shapesOf(bound);
  await outputFiles.write(
    [...files].map(([name, file]) => [
      file,
      encoding !== undefined && /\.csv$/i.test(file)
        ? predictionsOf(encoding, outputs[name] as Float32Array)
        : writeMarkedNpy(outputs[name] as Float32Array, shapes.get(name) ?? []),
    ]),
  );
  const plan = flags.plan ? await executable.plan() : undefined;
  if (flags.json) {
    const reported = [...shapes].map(([name, shape]) => [
      name,
      { shape, file: files.get(name) ?? null },
    ]);
    const { gpu, dtype } = compute;
    const result = {
      model: path,
      adapterWeights: adapters,
      adapter: gpu?.report ?? null,
      dtype,
      seconds,
      outputs: Object.fromEntries(reported),
      plan,
    };
    outputFiles.say(JSON.stringify(result, null, 2));
    return;
  }
  if (plan !== undefined) outputFiles.say(`${plan}\n`);
  outputFiles.say(renderOutputs(outputs, shapes, files));
  note(`Compiled in ${seconds.compile.toFixed(2)} s, ran in ${seconds.run.toFixed(3)} s.`);
}

/** The one input of a model of tables. Throws `INPUT_MISSING`, `FLAG_INVALID`. */
function tableOf(inputs: ReadonlyMap<string, string>, { adapterWeights }: Flags): string {
  const file = inputs.get("features");
  if (file === undefined || inputs.size !== 1) {
    throw new PapilioError(
      "INPUT_MISSING",
      `The model's input is features, and ${[...inputs.keys()].join(", ")} was given.`,
      "Give --input features=TABLE.csv.",
    );
  }
  if (adapterWeights === undefined) return file;
  throw new PapilioError(
    "FLAG_INVALID",
    "--adapter-weights is given, and a model of tables takes none.",
    "Leave it out.",
  );
}

/** A model of inputs, with its adapters merged. */
async function bindModel(
  path: string,
  config: ModelConfig,
  options: {
    readonly flags: Flags;
    readonly arrays: ReadonlyMap<string, ArrayFile>;
    readonly adapters: Awaited<ReturnType<typeof adapterChoices>>;
    readonly adapter: OnDemandAdapter;
    readonly signal: AbortSignal;
  },
): Promise<BoundModel> {
  const { flags, arrays, adapters, adapter, signal } = options;
  await requireFits(flags, outlineFromHuggingFace(config), adapter);
  const loaded = await loadModel(path, config, signal, adapters);
  return bindInputs(await withAdapters(loaded, adapters, flags, signal), arrays);
}

/** Either inputs or a graph; a graph with neither adapters nor workers. Throws `FLAG_INVALID`. */
function requireInputs({ input = [], graph, nats, adapterWeights }: Flags): void {
  if (graph === undefined && input.length > 0) return;
  if (graph === undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      "Neither --input nor --graph is given.",
      "Give --input NAME=FILE for each input, or --graph FILE for a classifier of nodes.",
    );
  }
  const wrong = [
    ...(input.length > 0 ? ["--input"] : []),
    ...(nats === undefined ? [] : ["--nats"]),
    ...(adapterWeights === undefined ? [] : ["--adapter-weights"]),
  ][0];
  if (wrong === undefined) return;
  throw new PapilioError(
    "FLAG_INVALID",
    `--graph is given with ${wrong}.`,
    `Leave out ${wrong}: a classifier of nodes computes all nodes of one graph.`,
  );
}

function adaptersOfJob(): PapilioError {
  return new PapilioError(
    "FLAG_INVALID",
    "A job of --nats takes no --adapter-weights: workers compute with the model alone.",
    "Run it without --nats.",
  );
}

function tuningOfJob(): PapilioError {
  return new PapilioError(
    "FLAG_INVALID",
    "A job of --nats takes no --tune: workers compute, each on an adapter of its own.",
    "Give --tune to `papilio worker`.",
  );
}

/** `[vectors, features]` of each output. */
function shapesOf({ graph }: BoundModel): ReadonlyMap<string, readonly number[]> {
  return new Map(
    [...graph.outputs].map(([name, { vectors, features }]) => [name, [vectors, features]]),
  );
}

function renderOutputs(
  outputs: RunOutputs,
  shapes: ReadonlyMap<string, readonly number[]>,
  files: ReadonlyMap<string, string>,
): string {
  const table = newTable(["output", "shape", "least", "largest", "file"]);
  for (const [name, shape] of shapes) {
    let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of outputs[name] as Float32Array) {
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
    const row = [least.toPrecision(5), largest.toPrecision(5), files.get(name) ?? "-"];
    table.push([name, `[${shape.join(", ")}]`, ...row]);
  }
  return table.toString();
}

/** Names and files of flags such as `images=x.npy`. */
function pairs(flag: string, texts: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    const [, name, file] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || file === undefined || found.has(name)) {
      throw new PapilioError(
        "FLAG_INVALID",
        `${flag} is ${describeValue(text)}, but it must be a name and a file, each name once.`,
        `Give it as ${flag} name=FILE.npy.`,
      );
    }
    found.set(name, file);
  }
  return found;
}
