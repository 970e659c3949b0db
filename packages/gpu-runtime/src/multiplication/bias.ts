import type { StorageDtype } from "@papilio/butterfly";
import type { Lease } from "../memory/lease.ts";
import type { BufferSet } from "../tensor/buffer-set.ts";
import type { StageWeights } from "./weight-store.ts";

/** Which rows of a bias a part of a multiplication adds, and where these are kept. */
interface BiasPart {
  readonly buffers: BufferSet;
  readonly store: StageWeights | undefined;
  readonly dtype: StorageDtype;
  readonly firstRow: number;
  readonly rows: number;
}

/** The memory of the rows of a bias, if there is one: shared where weights are. */
export function biasOf(
  bias: Float32Array | undefined,
  { buffers, store, dtype, firstRow, rows }: BiasPart,
): Lease[] {
  if (bias === undefined) return [];
  const pack = (): Float32Array => bias.subarray(firstRow, firstRow + rows);
  if (store === undefined) return [buffers.upload(pack(), dtype, "bias")];
  const part = `bias ${firstRow}+${rows} ${dtype}`;
  return [store.shared.use(bias, part, { dtype, packing: undefined, pack })];
}
