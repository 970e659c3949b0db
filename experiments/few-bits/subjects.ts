import { readFileSync } from "node:fs";
import { join } from "node:path";
import { modelFromHuggingFace, TextGenerator, VisionTransformer } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import {
  type CalibrationRuns,
  type InputMoments,
  inputMoments,
  rotateLayers,
} from "@papilio/nn/conversion";
import type { Value } from "@papilio/nn/graph";
import type { Module } from "@papilio/nn/layers";
import type { Decoder } from "@papilio/nn/models";
import { loadStateDict } from "@papilio/nn/node";
import {
  characterTokens,
  crossEntropy,
  type DisposableTask,
  type Examples,
  type ImitationTaskOptions,
  imageTask,
  pickImages,
  splitExamples,
  textTask,
} from "@papilio/nn/training";
import { readText } from "../accuracy/data.ts";
import { stories as samples, trainedStoryModel } from "../accuracy/stories-samples.ts";

/** A trained model, and what it is measured by. */
export interface Subject extends Disposable {
  readonly name: string;
  readonly description: string;
  readonly model: Module;
  /** With the numbers that its parameters have. */
  evaluate(): Promise<Evaluated>;
  readonly moments: ReadonlyMap<string, InputMoments>;
  /** How the model learns from another one of the same numbers, `teacher`, on its training data. */
  readonly imitation: Omit<ImitationTaskOptions, "parameters" | "kernels" | "seed">;
}

/** The mean of the cross-entropy, in nats, and the share of what is right. */
type Evaluated = Awaited<ReturnType<NonNullable<DisposableTask["evaluate"]>>>;

function measured(task: DisposableTask): Pick<Subject, "evaluate" | typeof Symbol.dispose> {
  return {
    evaluate: () => (task.evaluate as () => Promise<Evaluated>)(),
    [Symbol.dispose]: () => task[Symbol.dispose](),
  };
}

const root = join(import.meta.dirname, "../..");
const site = join(root, "apps/docs/public/models");
export const stories = join(root, "packages/nn/testdata/stories260K/stories260K.bin");

const [WINDOWS, PIECES] = [256, 32];
/** The token of stories260K that begins a text. */
const BEGIN = 1;
/** Examples that trainings are measured by, of the training data. */
const VALIDATION = 64;

/** The models of the site, twins of them with dense layers where folders are given, and stories260K. */
export const SUBJECTS: Readonly<Record<string, Load>> = {
  shakespeare: (_, rotated) =>
    characters("shakespeare", {
      folder: join(site, "shakespeare"),
      layers: "Monarch layers",
      rotated,
    }),
  "shakespeare-dense": (folder, rotated) =>
    characters("shakespeare-dense", { folder, layers: "dense layers", rotated }),
  stories260K,
  digits: (_, rotated) =>
    digits("digits", { folder: join(site, "digits"), layers: "Monarch layers", rotated }),
  "digits-dense": (folder, rotated) =>
    digits("digits-dense", { folder, layers: "dense layers", rotated }),
};

/**
 * @param folder of a model that is none of the site
 * @param rotated whether the inputs of its dense layers are rotated
 */
type Load = (folder: string, rotated?: boolean) => Promise<Subject>;

interface Source {
  readonly folder: string;
  readonly layers: string;
  readonly rotated: boolean | undefined;
}

/** Rotates what `papilio rotate` does. */
function rotate(model: Module): void {
  rotateLayers(model, { layers: (path) => !path.includes("head") });
}

async function load(folder: string): Promise<ReturnType<typeof modelFromHuggingFace>> {
  const config: unknown = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
  return modelFromHuggingFace(config, await loadStateDict(folder));
}

async function characters(name: string, { folder, layers, rotated }: Source): Promise<Subject> {
  const [model, teacher] = [await load(folder), await load(folder)] as [Decoder, Decoder];
  if (rotated) rotate(model);
  const ids = characterTokens(readText("data/tinyshakespeare.txt.gz")).tokens;
  const split = Math.floor(0.9 * ids.length);
  return await textSubject({
    ...{ name, model, teacher, train: ids.subarray(0, split), validation: ids.subarray(split) },
    description: `a GPT-2 of 4 layers of 128 features, ${layers}, on ${WINDOWS} windows of 64 characters of Shakespeare that it was not trained on`,
  });
}

async function stories260K(_: string, rotated?: boolean): Promise<Subject> {
  const model = trainedStoryModel();
  const context = 128;
  // Pieces that each begin with the token that begins a text: elsewhere float32 is not the best there can be.
  const pieces: number[][] = [];
  using generator = TextGenerator.onCpu(model, { context: 256 });
  for (let seed = 0; seed < 2 * PIECES + WINDOWS; seed++) {
    const options = { maxTokens: context, temperature: 1, seed };
    const ids = [BEGIN];
    for await (const { id } of generator.generate([BEGIN], options)) ids.push(id);
    pieces.push(ids);
  }
  if (rotated) rotate(model);
  const subject = await textSubject({
    ...{ name: "stories260K", model, teacher: trainedStoryModel(), context },
    train: Uint32Array.from(pieces.slice(0, 2 * PIECES).flat()),
    validation: Uint32Array.from(pieces.slice(2 * PIECES).flat()),
    // Of other seeds than those.
    imitated: (await samples()).trained,
    description: `a Llama of 260 thousand parameters, dense layers, on ${WINDOWS} texts of 128 tokens that it wrote itself in float32, at temperature 1: there is no other text for it here`,
  });
  const measure = piecesMeasure(model, pieces.slice(2 * PIECES), context);
  return { ...subject, evaluate: measure };
}

/** Measures a model by the next tokens within each piece, of one token more than its context. */
function piecesMeasure(
  model: Decoder,
  pieces: readonly (readonly number[])[],
  tokens: number,
): () => Promise<Evaluated> {
  const sequences = 16;
  const graph = model.trace({ sequences, tokens });
  const logits = graph.outputs.get("logits") as Value;
  graph.output("loss", crossEntropy(logits, graph.indices("labels", logits.vectors)));
  const running = new CpuModel(graph, { kernels: "wasm" });
  return async () => {
    await running.renewParameters();
    let sum = 0;
    for (let first = 0; first < pieces.length; first += sequences) {
      const some = pieces.slice(first, first + sequences);
      const { loss } = await running.run({
        ids: Uint32Array.from(some.flatMap((ids) => ids.slice(0, tokens))),
        labels: Uint32Array.from(some.flatMap((ids) => ids.slice(1))),
      });
      sum += (loss?.[0] as number) * some.length;
    }
    return { loss: sum / pieces.length };
  };
}

async function textSubject({
  name,
  description,
  model,
  teacher,
  train,
  validation,
  imitated = train,
  context = model.positions,
}: {
  readonly name: string;
  readonly description: string;
  readonly model: Decoder;
  readonly teacher: Decoder;
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  /** What the trained model learns on. */
  readonly imitated?: Uint32Array;
  readonly context?: number;
}): Promise<Subject> {
  const task = textTask({
    ...{ parameters: model.namedParameters(), batch: 16, seed: 0, kernels: "wasm", context },
    ...{ trace: (shape) => model.trace(shape), train, validation, validationWindows: WINDOWS },
  });
  const step = (train.length - context) / (PIECES - 1);
  const inputs = Array.from({ length: PIECES }, (_, piece) => {
    const start = Math.floor(piece * step);
    return { ids: train.slice(start, start + context) };
  });
  const graph = model.trace({ tokens: context });
  const moments = await momentsOf(model, { graph, inputs });
  const pieces = Math.floor(imitated.length / context);
  const seen = pieces - VALIDATION;
  const imitation = {
    trace: (sequences: number) => model.trace({ sequences, tokens: context }),
    teacher: (sequences: number) => teacher.trace({ sequences, tokens: context }),
    train: { count: seen, inputs: { ids: imitated.slice(0, seen * context) } },
    validation: {
      count: VALIDATION,
      inputs: { ids: imitated.slice(seen * context, pieces * context) },
    },
    batch: 8,
  };
  return { name, description, model, moments, imitation, ...measured(task) };
}

async function digits(name: string, { folder, layers, rotated }: Source): Promise<Subject> {
  const [model, teacher] = await Promise.all([load(folder), load(folder)]);
  if (!(model instanceof VisionTransformer && teacher instanceof VisionTransformer)) {
    throw new Error(`${folder} is no vision transformer.`);
  }
  if (rotated) rotate(model);
  const rows = readText("data/digits.csv.gz")
    .trim()
    .split("\n")
    .map((row) => row.split(",").map(Number));
  const all = {
    images: Float32Array.from(
      rows.flatMap((row) => row.slice(0, 64)),
      (pixel) => pixel / 16,
    ),
    labels: Uint32Array.from(rows, (row) => row[64] as number),
  };
  // As `papilio train` divides them.
  const { train, validation } = splitExamples({ examples: rows.length, share: 0.2, seed: 0 });
  const seen = pickImages(all, train);
  const task = imageTask({
    ...{ parameters: model.namedParameters(), batch: 64, seed: 0, kernels: "wasm" },
    ...{ trace: (shape) => model.trace(shape), shape: [1, 8, 8], train: seen },
    validation: pickImages(all, validation),
  });
  const graph = model.trace({ images: PIECES });
  const inputs = Array.from({ length: 16 }, (_, piece) => ({
    images: seen.images.slice(piece * PIECES * 64, (piece + 1) * PIECES * 64),
  }));
  const examplesOf = (from: number, to: number): Examples => ({
    count: to - from,
    inputs: { images: seen.images.slice(64 * from, 64 * to) },
  });
  const count = seen.labels.length;
  const imitation = {
    trace: (images: number) => model.trace({ images }),
    teacher: (images: number) => teacher.trace({ images }),
    train: examplesOf(0, count - 2 * VALIDATION),
    validation: examplesOf(count - 2 * VALIDATION, count),
    batch: 32,
  };
  return {
    ...{ name, model, moments: await momentsOf(model, { graph, inputs }), ...measured(task) },
    imitation,
    description: `a vision transformer of 3 layers of 64 features, ${layers}, on ${validation.length} digits that it was not trained on`,
  };
}

async function momentsOf(
  model: Module,
  calibration: CalibrationRuns,
): Promise<ReadonlyMap<string, InputMoments>> {
  return await inputMoments(model, [calibration], { outputs: true });
}
