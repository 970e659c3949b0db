import type { Layout, StorageDtype } from "@papilio/butterfly";
import { FLOAT_FORMATS, quantize, uniform } from "@papilio/butterfly/numeric";
import type { Kernel } from "../device/kernel.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { ReductionLanes } from "../kernels/feature-reduction/lanes.ts";
import { reductionShapes } from "./reduction-shapes.ts";
import { type KernelInputs, runKernel } from "./run-kernel.ts";
import { lay, lift } from "./vectors-in-memory.ts";

/** A distance from one float32 to the next, relative to them: WGSL rounds either way. */
export const EPSILON: number = FLOAT_FORMATS.f32.epsilon;

/** Vectors that several kernels are run on, one after another in `rows`. */
export interface RowWiseCase {
  readonly batch: number;
  /** Vectors that count; the others hold NaN. */
  readonly used: number;
  readonly features: number;
  readonly from: Layout;
  readonly to: Layout;
  /** Layout of another operand: that of x where invocations take several vectors. */
  readonly other: Layout;
  readonly dtype: StorageDtype;
  readonly lanes: ReductionLanes | undefined;
}

/** Of the shapes, those that tell kernels apart; and one in half precision. */
const SHAPES: Readonly<Record<string, readonly StorageDtype[]>> = {
  "one number": ["f32"],
  "many vectors, batch-last": ["f32"],
  "many vectors, to batch-first": ["f32", "f16"],
  "a workgroup's vector": ["f32"],
  "a workgroup's pairs of vectors": ["f32"],
};

export const rowWiseCases: readonly [name: string, RowWiseCase][] = reductionShapes.flatMap(
  ([name, { half: _, lanes, ...shape }]) =>
    (SHAPES[name] ?? []).map((dtype): [string, RowWiseCase] => {
      const mixed = shape.from !== shape.to;
      const swapped = shape.from === "batch-first" ? "batch-last" : "batch-first";
      const other = mixed ? swapped : shape.from;
      return [`${name} in ${dtype}`, { ...shape, other, dtype, lanes }];
    }),
);

/** Numbers in (-1, 1) times a scale, as they are stored. */
export function drawRows(
  { used, features, dtype }: RowWiseCase,
  seed: number,
  scale = 1,
): Float32Array {
  const next = uniform(seed);
  return quantize(
    Float32Array.from({ length: used * features }, () => scale * next()),
    dtype,
  );
}

/** A number of each vector, as it is stored. */
export function drawNumbers(problem: RowWiseCase, seed: number): Float32Array {
  return drawRows({ ...problem, features: 1 }, seed);
}

/** Vectors in the memory of the whole batch. */
export function layRows(problem: RowWiseCase, rows: Float32Array, layout: Layout): Float32Array {
  return lay(rows, problem.features, { batch: problem.batch, layout });
}

/** Numbers of each vector in the memory of the whole batch. */
export function layNumbers({ batch }: RowWiseCase, numbers: Float32Array): Float32Array {
  return lay(numbers, 1, { batch, layout: "batch-first" });
}

/** Runs a kernel that writes vectors, of which it returns those that count. */
export async function runRows(
  gpu: Gpu,
  kernel: Kernel,
  problem: RowWiseCase,
  inputs: KernelInputs,
): Promise<Float32Array> {
  const { batch, used, features, to } = problem;
  const y = await runKernel(gpu, kernel, inputs, batch * features);
  return lift(y, features, used, { batch, layout: to }).vectors;
}

/** Runs a kernel that writes a number for each vector. */
export async function runNumbers(
  gpu: Gpu,
  kernel: Kernel,
  { batch, used }: RowWiseCase,
  inputs: KernelInputs,
): Promise<Float32Array> {
  return (await runKernel(gpu, kernel, inputs, batch)).slice(0, used);
}
