import { PapilioError } from "@papilio/butterfly";
import { type Executable, requireLogits, VisionTransformer } from "@papilio/nn";
import type { Value } from "@papilio/nn/graph";
import { outlineFromHuggingFace } from "@papilio/nn/models";
import { Command } from "commander";
import { readBytes } from "../files/input-file.ts";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { collect, wholeNumber } from "../flags/options.ts";
import { decodeImage, isImage } from "../images/decode-image.ts";
import { type Preprocessing, preprocess, readPreprocessing } from "../images/preprocessing.ts";
import {
  ADAPTER_WEIGHTS_HELP,
  type AdapterFlags,
  adapterChoices,
  MERGE_ADAPTERS_HELP,
  withAdapters,
} from "../models/adapter-weights.ts";
import { type ArrayFile, arrayOf } from "../models/array-file.ts";
import {
  type ComputeFlags,
  compileFor,
  DTYPE_HELP,
  dtypeOf,
  OnDemandAdapter,
  openCompute,
} from "../models/compute.ts";
import {
  folderOf,
  loadModel,
  type ModelConfig,
  readConfig,
  readJsonBeside,
} from "../models/model-folder.ts";
import { type BoundModel, imagesOf, singles } from "../models/model-inputs.ts";
import { bindGraph, GRAPH_HELP, takesGraph } from "../models/node-model.ts";
import { requireFits } from "../models/require-fits.ts";
import { bindTable, takesTable } from "../models/table-model.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Shown } from "../process/kept.ts";
import { newTable } from "../render/new-table.ts";

interface Flags extends ComputeFlags, AdapterFlags {
  readonly input?: readonly string[];
  readonly graph?: string;
  readonly topK: string;
  readonly json?: boolean;
}

/** Images that are computed at once, at most. */
const BATCH = 8;

/** A class of an image. */
interface Guess {
  readonly class: number;
  readonly label: string;
  readonly probability: number;
}

/** What is on an image of a file, or what a node of a graph or a row of a table is, the most likely first. */
interface Result {
  readonly file: string;
  readonly image?: number;
  readonly node?: number;
  /** Of a table, from 1 on. */
  readonly row?: number;
  readonly classes: readonly Guess[];
}

/** `papilio classify`: what is on images, or what the nodes of a graph or the rows of a table are. */
export function classifyCommand(interruption: Interruption): Command {
  return new Command("classify")
    .description(
      "Classify images, the nodes of a graph, or the rows of a table, on an adapter or on the CPU.",
    )
    .argument(
      "<model>",
      "a folder with config.json (model_type vit, mlp, gcn, graphsage or gat) and safetensors files",
    )
    .option(
      "--input <file>",
      "images, JPEG, PNG, npy or csv, may be repeated; or a table in csv",
      collect,
    )
    .option("--graph <file>", GRAPH_HELP)
    .option("--top-k <count>", "classes to show of each image, node or row", "5")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option("--dtype <type>", DTYPE_HELP, "f32")
    .option("--adapter-weights <path[=scale]>", ADAPTER_WEIGHTS_HELP, collect)
    .option("--merge-adapters", MERGE_ADAPTERS_HELP)
    .option("--json", "print the classes as JSON")
    .addHelpText(
      "after",
      `
JPEG and PNG images are resized and normalized as preprocessor_config.json beside the model says, or to
its size and to -1 to 1 without one. Numbers of npy and csv files are taken as they are, usually
(x / 255 - mean) / deviation: [n, channels, height, width], or one image without n; in a csv file a line
for each image. A file may be a pipe, - is the standard input, and may be compressed with gzip.

Examples:
  papilio classify vit-base --input cat.jpg --input dog.png --top-k 3
  papilio classify vit-base --input images.npy
  papilio classify vit-base --adapter-weights flowers --input rose.jpg
  papilio classify cora --graph cora.json --top-k 1
  papilio classify penguins --input rows.csv --top-k 1

${exitStatuses("the model computes NaN or infinity")}`,
    )
    .action((path: string, flags: Flags) => classify(path, flags, interruption));
}

async function classify(path: string, flags: Flags, interruption: Interruption): Promise<void> {
  const topK = wholeNumber("--top-k", flags.topK, 1, 1e6);
  const folder = await folderOf(path);
  const config = await readConfig(folder);
  if (takesGraph(config, flags.graph))
    return await classifyNodes(path, config, flags, interruption);
  const { input = [] } = flags;
  if (input.length === 0) {
    const what = takesTable(config) ? "table is" : "images are";
    throw new PapilioError("FLAG_INVALID", `No ${what} given.`, "Give --input FILE.");
  }
  if (takesTable(config)) return await classifyRows(path, config, flags, interruption);
  const preprocessing = readPreprocessing(
    await readJsonBeside(folder, "preprocessor_config.json"),
    config.image_size,
  );
  const arrays: ArrayFile[] = [];
  for (const file of input) arrays.push(await readImages(file, preprocessing));
  const adapters = await adapterChoices(flags.adapterWeights);
  dtypeOf(flags);
  using adapter = new OnDemandAdapter(flags.adapter);
  await requireFits(flags, outlineFromHuggingFace(config), adapter);
  const loaded = await loadModel(path, config, interruption.signal, adapters);
  if (!(loaded instanceof VisionTransformer)) {
    throw new PapilioError(
      "MODEL_KIND",
      `The model in ${path} is of the type ${config.model_type}, which classifies no images.`,
      "Give a vision transformer: vit.",
    );
  }
  const model = await withAdapters(loaded, adapters, flags, interruption.signal);
  const counts = arrays.map((array) => imagesOf(model, array));
  const batch = Math.min(BATCH, Math.max(...counts));
  const graph = model.trace({ images: batch });
  const compute = await openCompute(flags, graph, adapter);
  using executable = await compileFor(compute, graph);
  const { gpu, dtype } = compute;
  const results: Result[] = [];
  const stdout = (): string => {
    const result = {
      model: path,
      adapterWeights: adapters,
      adapter: gpu?.report ?? null,
      dtype,
      images: results,
    };
    return flags.json ? JSON.stringify(result, null, 2) : tableOf(results);
  };
  const all = counts.reduce((sum, count) => sum + count, 0);
  const soFar = (): Shown => ({
    stdout: stdout(),
    stderr: `Stopped after ${results.length} of ${all} images, which are kept.`,
  });
  for (const [index, array] of arrays.entries()) {
    const images = counts[index] as number;
    for await (const [image, logits] of logitsOf(executable, array, { images, batch })) {
      requireLogits(logits, `image ${image} of ${array.file}`);
      results.push({
        file: array.file,
        image,
        classes: likely(logits, topK, labelsOf(config, logits.length, adapters.length > 0)),
      });
      await interruption.keep({ show: soFar });
      interruption.signal.throwIfAborted();
    }
  }
  await interruption.finish({ show: () => ({ stdout: stdout() }) });
}

/** All nodes of a graph at once. */
async function classifyNodes(
  path: string,
  config: ModelConfig,
  flags: Flags & { readonly graph?: string },
  interruption: Interruption,
): Promise<void> {
  const { graph: file = "", input, adapterWeights } = flags;
  const wrong =
    input !== undefined ? "--input" : adapterWeights !== undefined && "--adapter-weights";
  if (wrong !== undefined && wrong !== false) {
    throw new PapilioError(
      "FLAG_INVALID",
      `--graph is given with ${wrong}.`,
      `Leave out ${wrong}: a classifier of nodes computes all nodes of one graph.`,
    );
  }
  const topK = wholeNumber("--top-k", flags.topK, 1, 1e6);
  using adapter = new OnDemandAdapter(flags.adapter);
  const { graph, inputs } = await bindGraph(path, config, file, interruption.signal);
  const labels = (classes: number): ReadonlyMap<number, string> => labelsOf(config, classes, false);
  await showAll(
    "node",
    { path, file, graph, inputs, labels, topK, adapter, first: 0 },
    flags,
    interruption,
  );
}

/** All rows of a table at once. */
async function classifyRows(
  path: string,
  config: ModelConfig,
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  const { input: [file = "", ...others] = [], adapterWeights } = flags;
  if (others.length > 0 || adapterWeights !== undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      others.length > 0
        ? "Several tables are given."
        : "--adapter-weights is given with a model of tables.",
      "Give one --input FILE, without --adapter-weights.",
    );
  }
  const topK = wholeNumber("--top-k", flags.topK, 1, 1e6);
  using adapter = new OnDemandAdapter(flags.adapter);
  const { graph, inputs, encoding } = await bindTable(path, config, file, interruption.signal);
  const { target } = encoding;
  if (!("categories" in target)) {
    throw new PapilioError(
      "MODEL_KIND",
      `The model in ${path} predicts a number, ${target.name}, and no classes.`,
      "Use papilio run with --output prediction=FILE.csv.",
    );
  }
  const labels = (): ReadonlyMap<number, string> => new Map(target.categories.entries());
  await showAll(
    "row",
    { path, file, graph, inputs, labels, topK, adapter, first: 1 },
    flags,
    interruption,
  );
}

/** Computes a graph and shows the classes of each vector of its logits. */
async function showAll(
  what: "node" | "row",
  model: BoundModel & {
    readonly path: string;
    readonly file: string;
    readonly labels: (classes: number) => ReadonlyMap<number, string>;
    readonly topK: number;
    readonly adapter: OnDemandAdapter;
    /** The number of the first. */
    readonly first: number;
  },
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  const { path, file, graph, inputs, labels, topK, adapter, first } = model;
  const compute = await openCompute(flags, graph, adapter);
  using executable = await compileFor(compute, graph);
  const { logits = new Float32Array() } = await executable.run(inputs);
  requireLogits(logits, file);
  const { vectors, features: classes } = graph.outputs.get("logits") as Value;
  const names = labels(classes);
  const results = Array.from({ length: vectors }, (_, at) => ({
    ...{ file, [what]: at + first },
    classes: likely(logits.subarray(at * classes, (at + 1) * classes), topK, names),
  }));
  const { gpu, dtype } = compute;
  const found = { model: path, adapter: gpu?.report ?? null, dtype, [`${what}s`]: results };
  await interruption.finish({
    show: () => ({
      stdout: flags.json ? JSON.stringify(found, null, 2) : tableOf(results, what),
    }),
  });
}

function tableOf(results: readonly Result[], what: "image" | "node" | "row" = "image"): string {
  const table = newTable(["file", what, "class", "label", "probability"]);
  for (const { file, image, node, row, classes } of results) {
    for (const [place, guess] of classes.entries()) {
      const whose = place === 0 ? [file, image ?? node ?? row ?? ""] : ["", ""];
      table.push([...whose, guess.class, guess.label, guess.probability.toFixed(4)]);
    }
  }
  return table.toString();
}

/** Images as the model takes them: as they are in a file of numbers, or decoded and preprocessed. */
async function readImages(file: string, preprocessing: Preprocessing): Promise<ArrayFile> {
  const bytes = await readBytes(file);
  if (!isImage(bytes)) return arrayOf(file, bytes);
  return { file, ...preprocess(decodeImage(file, bytes), preprocessing) };
}

/** Logits of each image, by its number. The last images of a file are filled up with zeros to a whole batch. */
async function* logitsOf(
  executable: Executable,
  array: ArrayFile,
  { images, batch }: { readonly images: number; readonly batch: number },
): AsyncGenerator<[image: number, logits: Float32Array]> {
  const values = singles(array);
  const pixels = values.length / images;
  for (let first = 0; first < images; first += batch) {
    const input = new Float32Array(batch * pixels);
    input.set(values.subarray(first * pixels, (first + batch) * pixels));
    const { logits = new Float32Array() } = await executable.run({ images: input });
    const classes = logits.length / batch;
    for (let image = 0; image < Math.min(batch, images - first); image++) {
      yield [first + image, logits.slice(image * classes, (image + 1) * classes)];
    }
  }
}

/** The most likely classes, the most likely first. */
function likely(logits: Float32Array, count: number, labels: ReadonlyMap<number, string>): Guess[] {
  const most = logits.reduce(
    (largest, logit) => Math.max(largest, logit),
    Number.NEGATIVE_INFINITY,
  );
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from(weights, (weight, index) => ({
    class: index,
    label: labels.get(index) ?? "",
    probability: weight / total,
  }))
    .sort((p, q) => q.probability - p.probability)
    .slice(0, count);
}

/** What config.json calls classes: nothing where adapters brought another number of them. */
function labelsOf(
  { id2label }: ModelConfig,
  classes: number,
  adapted: boolean,
): ReadonlyMap<number, string> {
  const labels = Object.entries(typeof id2label === "object" && id2label !== null ? id2label : {});
  if (adapted && labels.length !== classes) return new Map();
  return new Map(
    labels.flatMap(([index, label]: [string, unknown]) =>
      typeof label === "string" ? [[Number(index), label] as const] : [],
    ),
  );
}
