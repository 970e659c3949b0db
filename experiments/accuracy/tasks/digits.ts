import { VisionTransformer } from "@papilio/nn";
import { imageTask, type LabelledImages, pickImages, splitExamples } from "@papilio/nn/training";
import { readText } from "../data.ts";
import { LINEAR_KINDS, type LinearKind, layersOf } from "../linear-kinds.ts";
import type { Task, Training } from "../task.ts";
import { DYADIC_WAYS, describeWays, type Family, trainingBy, type Way, type Ways } from "./ways.ts";

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const SHAPE = [1, SIDE, SIDE] as const;
/** Images of a step. */
const BATCH = 64;
const STEPS = 1500;
const FEATURES = 64;

const WAYS: Ways = new Map<string, Way>([
  ["orthogonal", { description: "first blocks orthogonal", kinds: ["dyadic"], orthogonal: true }],
  ...DYADIC_WAYS,
]);

/** A vision transformer on the 1,797 digits of 8 x 8 pixels of UCI's optdigits. */
export const digits: Task = {
  name: "digits",
  description:
    "a vision transformer of 4 layers of 64 features on 1,797 digits of 8 x 8 pixels, in patches of 2 x 2",
  metric: "accuracy",
  kinds: Object.keys(LINEAR_KINDS) as LinearKind[],
  settings: [1e-3, 2e-3, 4e-3].map((rate) => ({ rate, decay: 0.05 })),
  tried: {
    ways: describeWays(WAYS),
    note: "Dense layers may gain by other first numbers, too, which was not tried.",
  },
  unit: "an image",
  batch: BATCH,
  inference(kind, runs = 1) {
    const model = FAMILY.make(kind, 0, FEATURES);
    const inputs = { images: images().tested.images.slice(0, runs * PIXELS) };
    return { model, graph: model.trace({ images: runs }), inputs };
  },
  training: (choice, dense) => trainingBy(FAMILY, WAYS, choice, dense),
};

const FAMILY: Family<VisionTransformer> = {
  ...{ width: FEATURES, step: FEATURES },
  make(kind, seed, features) {
    const linear = layersOf(kind);
    return new VisionTransformer({
      ...{ imageSize: SIDE, patchSize: 2, channels: 1, classes: 10 },
      ...{ features, layers: 4, heads: 4, seed, linear: { projection: linear, ffn: linear } },
    });
  },
  training: trainingOf,
};

function trainingOf(model: VisionTransformer, seed: number): Training {
  const { trained, validated, tested } = images();
  const taskOf = (validation: LabelledImages) =>
    imageTask({
      ...{ parameters: model.namedParameters(), batch: BATCH, seed, kernels: "wasm" },
      ...{ trace: (shape) => model.trace(shape), shape: SHAPE, train: trained, validation },
      ...{ smoothing: 0.1, augmentation: { shift: 1 } },
    });
  return {
    ...{ metric: "accuracy", model, task: taskOf(validated), tested: taskOf(tested) },
    ...{ final: 0.01, warmup: 50, drawn: true },
    options: {
      ...{ steps: STEPS, evaluateEvery: 150, clip: 1 },
      optimizer: { kind: "adamw", beta2: 0.99 },
    },
  };
}

type Parts = Readonly<Record<"trained" | "validated" | "tested", LabelledImages>>;

let read: Parts | undefined;

/** Two thirds to train by, a sixth to validate with, a sixth to test with, always the same. */
function images(): Parts {
  if (read !== undefined) return read;
  const rows = readText("data/digits.csv.gz")
    .trim()
    .split("\n")
    .map((row) => row.split(",").map(Number));
  const all: LabelledImages = {
    images: Float32Array.from(
      rows.flatMap((row) => row.slice(0, PIXELS)),
      (pixel) => pixel / 16,
    ),
    labels: Uint32Array.from(rows, (row) => row[PIXELS] as number),
  };
  const { train, validation: held } = splitExamples({
    ...{ examples: rows.length, share: 1 / 3, seed: 20260101 },
  });
  const half = Math.floor(held.length / 2);
  read = {
    trained: pickImages(all, train),
    validated: pickImages(all, held.subarray(0, half)),
    tested: pickImages(all, held.subarray(half)),
  };
  return read;
}
