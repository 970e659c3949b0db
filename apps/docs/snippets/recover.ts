import {
  Butterfly,
  Chain,
  type CompiledMatrix,
  compile,
} from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";

// The sources stay on the host. All on the device is made of them.
const matrix = Butterfly.random(Chain.monarch(256), { seed: 0 });
const shape = { batch: 32, layout: "batch-last" } as const;
const input = Float32Array.from({ length: shape.batch * 256 }, (_, i) =>
  Math.sin(i),
);

interface Model {
  readonly gpu: Gpu;
  readonly weights: CompiledMatrix;
}

async function build(): Promise<Model> {
  const gpu = await openGpu();
  void gpu.lost.then((error) => console.warn(error.message));
  return { gpu, weights: await compile(matrix, gpu) };
}

// A promise, so that tasks that lose the device together open one.
let model: Promise<Model> | undefined;

async function answer(x: Float32Array): Promise<Float32Array> {
  for (let attempt = 1; ; attempt++) {
    model ??= build();
    const used = model;
    try {
      const { weights } = await used;
      return await weights.multiply(x, shape);
    } catch (error) {
      const gone = await used.then(
        ({ gpu }) => gpu.state !== "ready",
        () => true,
      );
      if (!gone || attempt === 3) throw error;
      if (model === used) model = undefined;
      used.then(({ gpu }) => gpu.dispose()).catch(() => undefined);
    }
  }
}

const before = await answer(input);
// As a driver does that hangs, or is updated.
(await model)?.gpu.device.destroy();
const after = await Promise.all([answer(input), answer(input)]);

console.log(
  after.every((y) => y.every((value, i) => value === before[i])),
); // true
(await model)?.gpu.dispose();
