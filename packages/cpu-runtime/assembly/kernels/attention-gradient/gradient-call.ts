import { TiledVectors } from "../../tiled-vectors";
import { AttentionCall } from "../attention/attention-call";

/** The gradient of attention, in three operations, as `src/kernels/attention-gradient.ts` says. */
@unmanaged
export class AttentionGradientCall extends AttentionCall {
  /** The gradient by `y`. */
  dy: usize;
  /** Of each query two numbers for each head: see {@link statisticsAt}. */
  statistics: usize;
  /** Of the queries, or those of the keys and then those of the values. */
  gradients: usize;
  /** As it is: the other one is times log₂ e. */
  plainScale: f32;
}

/** Numbers of a query of a head: the logarithm to base 2 of its sum of exponentials, and the product of y and dy. */
export const STATISTICS: i32 = 2;

/** The statistics of the queries of a head of a sequence. */
export function statisticsAt(
  to: TiledVectors,
  call: AttentionGradientCall,
  sequence: i32,
  head: i32,
): void {
  const vectors = call.sequences * call.queries;
  const features = call.heads * STATISTICS;
  to.set(call.statistics, vectors, features, head * STATISTICS, sequence * call.queries);
}

/** 16 times the same number, which lanes are multiplied by. */
export function fillLanes(row: usize, number: f32): void {
  const numbers = f32x4.splat(number);
  for (let at: usize = 0; at < 64; at += 16) v128.store(row + at, numbers);
}
