import type { BatchShape, Chain } from "@papilio/butterfly";
import type { ThreadPolicy } from "../engine/open-cpu.ts";
import { tileWidth } from "../kernels/layout.ts";
import { BLOCK_BYTES, chunkOf, localBytes } from "../kernels/product-call.ts";
import { type CpuPlan, WORK_OF_THREAD } from "../planning/plan.ts";
import { FEW_VECTORS, TILE } from "../wasm/constants.ts";
import type { CpuProgram } from "./pack-program.ts";

/** Vectors that go through all passes together where they are read and written in place. */
const WIDE = 128;
/** Bytes of those vectors between passes, at most, for every thread. */
const WIDE_BYTES = 16 * 2 ** 20;
/** Vectors that a single pass reads and writes in place. */
const WIDEST = 1024;
/** The fewest for which it is divided by vectors rather than by outputs. */
const NARROW = 32;
/** Bytes of values that the last cache holds for a second vector. */
const MOST_BYTES_ALONE = 8 * 2 ** 20;
/** Vectors that take less time one by one than as four. */
const FEW_ALONE = 2;
/** Of the first two levels of caches, for a panel that is packed, before a pass and after it. */
const CACHE_BYTES = [32 * 1024, 256 * 1024] as const;
/** Items for each thread, so that a slow thread does not delay the others for long. */
const ITEMS_OF_THREAD = 4;

/** Bytes of two panels in float64, for whose second eight vectors values are read once more from a cache. */
const PANELS_OF_DOUBLES = 512 * 1024;

/** Operations of the chain's kernel, as `ChainCall` of assembly/kernels/chain.ts documents their fields. */
export interface ChainOperation {
  readonly first: number;
  readonly end: number;
  readonly parts: number;
  readonly slotOfPanel: 0 | 1;
  readonly items: number;
}

/** How the work of a multiplication is divided, and the words of its call after the addresses of vectors. */
export interface Schedule {
  readonly threads: number;
  readonly scratchBytes: number;
  readonly words: readonly number[];
  readonly operations: readonly ChainOperation[];
}

/** What is multiplied by, as far as the division of the work depends on it. */
export interface ScheduledChain {
  readonly threads: ThreadPolicy;
  readonly chain: Chain;
  /** Numbers that make an element: 1 real, 2 complex. */
  readonly parts: 1 | 2;
  readonly plan: CpuPlan;
  readonly program: CpuProgram;
}

/** How many vectors are taken at a time, and how many tiles of a block. */
interface Portions {
  readonly width: number;
  readonly panel: number;
  readonly chunk: number;
  readonly direct: boolean;
}

/** What they depend on besides the vectors. */
interface Divided extends Omit<ScheduledChain, "threads"> {
  readonly threads: number;
}

/**
 * Divides the work between threads: by panels, each of which goes through all operations; where there are
 * too few panels, operation by operation, by blocks.
 *
 * @param size bytes of a number of the vectors
 * @param hold allocates memory for as long as the multiplication takes
 */
export function scheduleOf(
  { chain, parts, plan, threads: policy, program }: ScheduledChain,
  shape: BatchShape,
  size: number,
  hold: (bytes: number, what: string) => number,
): Schedule {
  const { batch, layout } = shape;
  const threads = threadsFor(policy, program, batch);
  const portions = { chain, parts, plan, program, threads };
  const { width, panel, chunk, direct } =
    size === 8 ? portionsOfDoubles(portions, batch) : portionsOf(portions, shape, size);
  const panels = Math.ceil(batch / panel);
  const rest = batch - (panels - 1) * panel;
  const isEven = panels === threads && rest >= 0.75 * panel;
  const byPanel = threads === 1 || panels >= 2 * threads || isEven;
  const isPacked = !direct || batch % width !== 0;
  const needsBuffers = isPacked || program.passes > 1;
  const number = Math.max(4, size);
  const bufferBytes = needsBuffers ? lines(number * parts * panel * program.features) : 0;
  const blockBytes =
    size === 8
      ? 2 * size * parts * panel * program.local
      : localBytes(program.local, chunk, parts, width);
  const frameBytes = BLOCK_BYTES + lines(blockBytes);
  const buffers = byPanel ? 0 : hold(2 * bufferBytes * panels, "panels between passes");
  const words = [
    ...[batch, layout === "batch-first" ? 1 : 0, size, direct ? 1 : 0],
    ...[width, panel, buffers, bufferBytes, frameBytes, chunk],
  ];
  const scratchBytes = frameBytes + (byPanel ? 2 * bufferBytes : 0);
  const last = program.passes + 2;
  if (byPanel) {
    const whole = { first: 0, end: last, parts: 1, slotOfPanel: 0, items: panels } as const;
    return { threads, scratchBytes, words, operations: [whole] };
  }
  const shares = Math.ceil((ITEMS_OF_THREAD * threads) / panels);
  // No panel is packed or unpacked where all of them are read and written in place.
  const [start, end] = isPacked ? [0, last] : [1, last - 1];
  const operations = Array.from(
    { length: end - start },
    (_, index) =>
      ({
        first: start + index,
        end: start + index + 1,
        parts: shares,
        slotOfPanel: 1,
        items: panels * shares,
      }) as const,
  );
  return { threads, scratchBytes, words, operations };
}

/** Waking a thread takes longer than a little work. A few vectors take as long as four. */
function threadsFor(
  { max, exact }: ThreadPolicy,
  { multiplyAdds }: CpuProgram,
  batch: number,
): number {
  if (exact) return max;
  return Math.min(
    max,
    1 + Math.floor((multiplyAdds * Math.max(FEW_VECTORS, batch)) / WORK_OF_THREAD),
  );
}

/** Packed vectors are a cache line of each feature. */
function portionsOf(divided: Divided, { batch, layout }: BatchShape, size: number): Portions {
  const { parts, plan, program } = divided;
  const isSingle = size === 4;
  if (parts === 1 && isSingle && isAlone(program, batch)) {
    return { width: 1, panel: 1, chunk: 1, direct: true };
  }
  const width = parts === 1 ? tileWidth(batch) : TILE;
  const direct = layout === "batch-last" && isSingle;
  const most = direct ? widthInPlace(divided, batch) : packedWidth(divided, batch);
  const whole = width * Math.ceil(batch / width);
  const panel = Math.min(whole, plan.panel ?? most);
  const chunk = Math.min(chunkOf(program.local, parts), panel / width);
  return { width, panel, chunk, direct };
}

/**
 * Two tiles halve the time that is not multiplication, where the first-level cache does not hold a panel of one,
 * and the second-level cache one of two.
 */
function packedWidth({ parts, program, threads }: Divided, batch: number): number {
  const { passes, features } = program;
  const bytes = 2 * 4 * parts * features * TILE;
  const isMany = batch >= 2 * TILE * 2 * threads;
  return passes > 1 && isMany && bytes > CACHE_BYTES[0] && 2 * bytes <= CACHE_BYTES[1]
    ? 2 * TILE
    : TILE;
}

/** Rows that are read in place should be long: each begins with a cache miss. */
function widthInPlace({ chain, parts, program, threads }: Divided, batch: number): number {
  const { passes, features } = program;
  if (passes > 1) {
    const fitting = Math.floor(WIDE_BYTES / (4 * parts * features));
    return Math.min(WIDE, Math.max(TILE, fitting - (fitting % TILE)));
  }
  // Threads should not read the same inputs: they share the blocks, or the vectors where those are few.
  const items = threads === 1 ? 1 : ITEMS_OF_THREAD * threads;
  const panels = Math.ceil(items / chain.product().blocks);
  return Math.min(WIDEST, Math.max(NARROW, TILE * Math.ceil(batch / panels / TILE)));
}

/** Panels of one line of eight numbers of each feature, or of two; in float64 they are always packed. */
function portionsOfDoubles({ parts, plan, program, threads }: Divided, batch: number): Portions {
  const bytes = 2 * 8 * parts * TILE * program.features;
  const most = batch >= 2 * TILE * threads && bytes <= PANELS_OF_DOUBLES ? TILE : TILE / 2;
  const panel = 2 * Math.ceil(Math.min(batch, plan.panel ?? most) / 2);
  return { width: panel, panel, chunk: 1, direct: false };
}

/** Whether vectors are multiplied one by one, in either layout: the second one finds the values in a cache. */
function isAlone({ bytes }: CpuProgram, batch: number): boolean {
  return batch === 1 || (batch <= FEW_ALONE && bytes <= MOST_BYTES_ALONE);
}

function lines(bytes: number): number {
  return 64 * Math.ceil(bytes / 64);
}
