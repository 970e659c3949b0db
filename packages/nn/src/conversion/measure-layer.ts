import {
  type BatchShape,
  Chain,
  DisposableStack,
  Pattern,
  type StorageDtype,
} from "@papilio/butterfly";
import { type Gpu, Tensor } from "@papilio/gpu-runtime";
import { compareSeconds, Program, prepareButterfly } from "@papilio/gpu-runtime/kernels";
import { type RankedPlan, rankPlans } from "@papilio/gpu-runtime/planning";
import { butterflyOf } from "../operations/linear/butterfly-of.ts";
import type { Matrix } from "../operations/linear/matrix.ts";

/** Vectors that a layer is given at once. */
export type LayerBatch = BatchShape & { readonly dtype: StorageDtype };

/** How much faster products are than the dense matrix, by the cost model of a device. */
export function predictedSpeedUp(gpu: Gpu, chains: readonly Chain[], batch: LayerBatch): number {
  const seconds = (chain: Chain): number =>
    (rankPlans(gpu.report, chain, batch)[0] as RankedPlan).predictedSeconds;
  const [first, last] = [chains[0] as Chain, chains.at(-1) as Chain];
  const dense = Chain.of([new Pattern(1, first.rows, last.cols, 1)]);
  return seconds(dense) / chains.reduce((sum, chain) => sum + seconds(chain), 0);
}

/** The same, as measured: the median time of the dense product over that of the other, in turns. */
export async function measuredSpeedUp(
  gpu: Gpu,
  dense: Matrix,
  butterfly: Matrix,
  batch: LayerBatch,
  signal?: AbortSignal,
): Promise<number> {
  using stack = new DisposableStack();
  const { rows, cols } = dense.chain;
  const x = stack.use(new Tensor(gpu, { ...batch, features: cols }));
  x.write(Float32Array.from({ length: x.length }, (_, index) => Math.cos(index)));
  const y = stack.use(new Tensor(gpu, { ...batch, features: rows }));
  const programs: Program[] = [];
  for (const matrix of [dense, butterfly]) {
    const multiplication = stack.use(prepareButterfly(gpu, butterflyOf(matrix), batch));
    programs.push(stack.use(await Program.record(gpu, multiplication.steps(x, y))));
  }
  const [before, after] = await compareSeconds(programs, { signal });
  return (before as number) / (after as number);
}
