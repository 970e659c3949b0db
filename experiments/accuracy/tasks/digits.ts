import { VisionTransformer } from "@papilio/nn";
import { CpuModel } from "@papilio/nn/backends";
import { crossEntropy } from "@papilio/nn/training";
import { predicted, readText, shuffled, wholeNumbers } from "../data.ts";
import { LINEAR_KINDS, type LinearKind, layersOf } from "../linear-kinds.ts";
import type { Choice, Outcome, Task } from "../task.ts";
import { train } from "../train.ts";

const SIDE = 8;
const CLASSES = 10;
/** Images of a step, and of each part of the data. */
const BATCH = 64;
const [TRAINED, VALIDATED] = [1200, 300];
const STEPS = 1500;

/** A vision transformer on the 1,797 digits of 8 x 8 pixels of UCI's optdigits. */
export const digits: Task = {
  name: "digits",
  description:
    "a vision transformer of 4 layers of 64 features on 1,797 digits of 8 x 8 pixels, in patches of 2 x 2",
  metric: "accuracy",
  kinds: Object.keys(LINEAR_KINDS) as LinearKind[],
  settings: [1e-3, 2e-3, 4e-3].map((rate) => ({ rate, decay: 0.05 })),
  train: trainDigits,
};

function trainDigits({ kind, rate, decay, seed }: Choice): Promise<Outcome> {
  const linear = layersOf(kind);
  const model = new VisionTransformer({
    ...{ imageSize: SIDE, patchSize: 2, channels: 1, classes: CLASSES },
    ...{ features: 64, layers: 4, heads: 4, seed, linear: { projection: linear, ffn: linear } },
  });
  const { pixels, labels, order } = images();
  const graph = model.trace({ images: BATCH });
  const logits = graph.outputs.get("logits");
  if (logits === undefined) throw new Error("The model has no logits.");
  const loss = crossEntropy(logits, graph.indices("labels", BATCH), { smoothing: 0.1 });
  const draw = wholeNumbers(seed + 1);
  let waiting: number[] = [];
  const batch = () => {
    if (waiting.length < BATCH) waiting = shuffled(TRAINED, draw).map((at) => order[at] as number);
    const chosen = waiting.splice(0, BATCH);
    return {
      images: Float32Array.from(
        chosen.flatMap((at) => shifted(pixels[at] as readonly number[], draw(3) - 1, draw(3) - 1)),
      ),
      labels: Uint32Array.from(chosen, (at) => labels[at] as number),
    };
  };
  const evaluate = async () => ({
    validation: await rightShare(order.slice(TRAINED, TRAINED + VALIDATED)),
    test: await rightShare(order.slice(TRAINED + VALIDATED)),
  });
  const rightShare = async (chosen: readonly number[]): Promise<number> => {
    using evaluated = new CpuModel(model.trace({ images: chosen.length }), { kernels: "wasm" });
    const given = Float32Array.from(chosen.flatMap((at) => pixels[at] as readonly number[]));
    const { logits: found } = await evaluated.run({ images: given });
    const right = predicted(found as Float32Array, CLASSES).filter(
      (label, index) => label === labels[chosen[index] as number],
    );
    return right.length / chosen.length;
  };
  return train({
    ...{ metric: "accuracy", model, graph, loss, seed, rate, final: 0.01, warmup: 50 },
    ...{ steps: STEPS, every: 150, drawn: true, batch, evaluate },
    options: { optimizer: { kind: "adamw", beta2: 0.99 }, decay, clip: 1 },
  });
}

interface Images {
  /** Of each image 64 numbers from 0 to 1. */
  readonly pixels: readonly (readonly number[])[];
  readonly labels: readonly number[];
  /** The images in an order that is always the same: those to train by, to validate with, and to test with. */
  readonly order: readonly number[];
}

let read: Images | undefined;

function images(): Images {
  if (read !== undefined) return read;
  const rows = readText("data/digits.csv.gz")
    .trim()
    .split("\n")
    .map((row) => row.split(",").map(Number));
  read = {
    pixels: rows.map((row) => row.slice(0, SIDE * SIDE).map((pixel) => pixel / 16)),
    labels: rows.map((row) => row[SIDE * SIDE] as number),
    order: shuffled(rows.length, wholeNumbers(20260101)),
  };
  return read;
}

/** An image that is moved by some pixels, zeros where nothing moves to. */
function shifted(pixels: readonly number[], down: number, right: number): number[] {
  return pixels.map((_, at) => {
    const [row, column] = [Math.floor(at / SIDE) - down, (at % SIDE) - right];
    const inside = row >= 0 && row < SIDE && column >= 0 && column < SIDE;
    return inside ? (pixels[row * SIDE + column] as number) : 0;
  });
}
