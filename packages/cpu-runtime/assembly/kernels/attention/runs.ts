import { TiledVectors } from "../../tiled-vectors";

/** Keys of a block that are in the same tile, side by side. */
@unmanaged
export class Run {
  /** From the first feature of the first vector, of keys as of values. */
  offset: usize;
  count: i32;
}

export const RUN_BYTES: usize = offsetof<Run>();
/** Bytes of the runs of a block of 64 keys, five at most, and of the end of the list, whose count is 0. */
export const RUNS_BYTES: usize = 64;

/** Keys of a run; 0 after the last one. */
export function countOf(run: usize): i32 {
  return changetype<Run>(run).count;
}

/** Lists the runs of the keys `first` to `end - 1`. */
export function listRuns(keys: TiledVectors, first: i32, end: i32, runs: usize): void {
  while (first < end) {
    const run = changetype<Run>(runs);
    const next = min(end, keys.endOfTile(first));
    run.offset = keys.at(first) - keys.start;
    run.count = next - first;
    runs += RUN_BYTES;
    first = next;
  }
  changetype<Run>(runs).count = 0;
}
