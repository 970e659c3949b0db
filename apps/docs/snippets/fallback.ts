import {
  Butterfly,
  Chain,
  compile,
  PapilioError,
  type Place,
} from "@papilio/butterfly";
import { cpu } from "@papilio/cpu-runtime";
import { type Gpu, openGpu } from "@papilio/gpu-runtime";
import { choosePlace } from "@papilio/nn/placement";

async function open(): Promise<Gpu | undefined> {
  try {
    return await openGpu();
  } catch (error) {
    if (
      error instanceof PapilioError &&
      error.code === "GPU_UNAVAILABLE"
    )
      return undefined;
    throw error;
  }
}

const matrix = Butterfly.random(Chain.monarch(256), { seed: 0 });
const shape = { batch: 4, layout: "batch-first" } as const;
const x = new Float32Array(shape.batch * 256).fill(1);

const gpu = await open();
const { place } = choosePlace(
  { products: [{ chain: matrix.chain, dtype: "f32", ...shape }] },
  { adapter: gpu?.report },
);
const where: Place = gpu === undefined || place === "cpu" ? cpu() : gpu;
const weights = await compile(matrix, where);
const y = await weights.multiply(x, shape);
console.log(y.length); // 1024
weights.dispose();
gpu?.dispose();
