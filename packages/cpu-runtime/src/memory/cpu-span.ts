/** Bytes of the shared memory at a place of their own: weights, indices, states. */
export interface CpuSpan {
  readonly address: number;
  readonly bytes: number;
}
