import { PapilioError } from "@papilio/butterfly";
import { type Executable, requireLogits, VisionTransformer } from "@papilio/nn";
import { outlineFromHuggingFace } from "@papilio/nn/models";
import { Command } from "commander";
import type { ClassifyFlags } from "../classification/flags.ts";
import { labelsOf, likely, type Result, tableOf } from "../classification/results.ts";
import { classifyNodes, classifyRows } from "../classification/vectors.ts";
import { readBytes } from "../files/input-file.ts";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { collect, wholeNumber } from "../flags/options.ts";
import { decodeImage, isImage } from "../images/decode-image.ts";
import { type Preprocessing, preprocess, readPreprocessing } from "../images/preprocessing.ts";
import {
  ADAPTER_WEIGHTS_HELP,
  adapterChoices,
  MERGE_ADAPTERS_HELP,
  withAdapters,
} from "../models/adapter-weights.ts";
import { type ArrayFile, arrayOf } from "../models/array-file.ts";
import {
  compileFor,
  DTYPE_HELP,
  dtypeOf,
  OnDemandAdapter,
  openCompute,
  TUNE_HELP,
} from "../models/compute.ts";
import { folderOf, loadModel, readConfig, readJsonBeside } from "../models/model-folder.ts";
import { imagesOf, singles } from "../models/model-inputs.ts";
import { GRAPH_HELP, takesGraph } from "../models/node-model.ts";
import { requireFits } from "../models/require-fits.ts";
import { takesTable } from "../models/table-model.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Shown } from "../process/kept.ts";

/** Images that are computed at once, at most. */
const BATCH = 8;

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
    .option("--tune", TUNE_HELP)
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
    .action((path: string, flags: ClassifyFlags) => classify(path, flags, interruption));
}

async function classify(
  path: string,
  flags: ClassifyFlags,
  interruption: Interruption,
): Promise<void> {
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
  const compute = await openCompute(flags, graph, adapter, interruption.signal);
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
