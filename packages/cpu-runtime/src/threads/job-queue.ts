import type { RunPanel } from "../kernel/kernel.ts";

/**
 * The queue through which threads share the work of a job: a few words of the memory. A job is a number of
 * items; a thread that is free claims the next one. The words that describe the job are written before its
 * ticket is, and not again until all of its items are done.
 */
export const CONTROL_ADDRESS = 64;
export const CONTROL_WORDS = 16;
/** Bytes at the beginning of the memory. */
export const CONTROL_END: number = CONTROL_ADDRESS + 4 * CONTROL_WORDS;

/** The number of the job in the upper half, the number of unclaimed items in the lower half. */
const TICKET = 0;
/** Items that are done. */
const DONE = 1;
/** The number of the job for whose last item the main thread waits asleep; 0 where it does not. */
const WAITING = 2;
/** The words that describe the job. */
const FIELDS = {
  items: 3,
  threads: 4,
  program: 5,
  call: 6,
  first: 7,
  end: 8,
  panels: 9,
  panelsOfItem: 10,
  parts: 11,
  slotOfPanel: 12,
} as const;

/** Most items of a job. */
export const MOST_ITEMS = 0xffff;

/** Work for the threads: operations `first` to `end - 1` of a program, on every panel of a call. */
export interface Job {
  /** Threads that may take part. */
  readonly threads: number;
  readonly program: number;
  readonly call: number;
  readonly first: number;
  readonly end: number;
  readonly panels: number;
  /** Panels that are claimed together. */
  readonly panelsOfItem: number;
  /** Parts of the blocks of each operation, each an item. */
  readonly parts: number;
  /** Whether each panel has buffers of its own, rather than each thread. */
  readonly slotOfPanel: boolean;
}

function itemsOf({ panels, panelsOfItem, parts }: Job): number {
  return Math.ceil(panels / panelsOfItem) * parts;
}

/**
 * Hands a job to all threads. The one before must be done.
 *
 * @returns its number, from 1 to 2^16 - 1
 */
export function publish(control: Int32Array, job: Job): number {
  const items = itemsOf(job);
  const fields = { ...job, items, slotOfPanel: job.slotOfPanel ? 1 : 0 };
  for (const name of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    control[FIELDS[name]] = fields[name];
  }
  Atomics.store(control, DONE, 0);
  Atomics.store(control, WAITING, 0);
  const number = ((Atomics.load(control, TICKET) >>> 16) % MOST_ITEMS) + 1;
  Atomics.store(control, TICKET, (number << 16) | items);
  Atomics.notify(control, TICKET);
  return number;
}

/**
 * Claims one item and runs it.
 *
 * @returns whether there was one; the number of its job when it was the last to finish
 */
export function runNextItem(control: Int32Array, run: RunPanel, thread: number): boolean | number {
  for (;;) {
    const ticket = Atomics.load(control, TICKET);
    const left = ticket & MOST_ITEMS;
    if (left === 0 || thread >= field(control, "threads")) return false;
    const items = field(control, "items");
    if (Atomics.compareExchange(control, TICKET, ticket, ticket - 1) !== ticket) continue;
    runItem(control, run, thread, items - left);
    return Atomics.add(control, DONE, 1) + 1 === items ? ticket >>> 16 : true;
  }
}

function runItem(control: Int32Array, run: RunPanel, thread: number, item: number): void {
  const parts = field(control, "parts");
  const part = item % parts;
  const count = field(control, "panelsOfItem");
  const start = ((item - part) / parts) * count;
  const end = Math.min(field(control, "panels"), start + count);
  const [program, call] = [field(control, "program"), field(control, "call")];
  const [first, last] = [field(control, "first"), field(control, "end")];
  const slotOfPanel = field(control, "slotOfPanel") === 1;
  for (let panel = start; panel < end; panel++) {
    run(program, call, first, last, panel, part, parts, slotOfPanel ? panel : thread, thread);
  }
}

function field(control: Int32Array, name: keyof typeof FIELDS): number {
  return control[FIELDS[name]] as number;
}

/** Cancels the items that no thread has claimed. */
export function cancelRemaining(control: Int32Array): void {
  const ticket = Atomics.and(control, TICKET, ~MOST_ITEMS);
  Atomics.add(control, DONE, ticket & MOST_ITEMS);
}

export function isDone(control: Int32Array): boolean {
  return Atomics.load(control, DONE) === field(control, "items");
}

/** Requests a notification from the thread that finishes the job. False when it is finished already. */
export function requestNotify(control: Int32Array, job: number): boolean {
  Atomics.store(control, WAITING, job);
  return !isDone(control);
}

/**
 * Whether the main thread waits for a notification that this job is done. It may have seen the end itself,
 * and wait for a later job by now.
 */
export function shouldNotify(control: Int32Array, job: number): boolean {
  return Atomics.compareExchange(control, WAITING, job, 0) === job;
}

/** Loads of the ticket before a thread goes to sleep: about 0.1 ms, as jobs follow one another. */
const SPINS = 20_000;

/** Sleeps until there may be items for a thread. Not for a page's main thread, which must not block. */
export function sleep(control: Int32Array, thread: number): void {
  const ticket = Atomics.load(control, TICKET);
  if ((ticket & MOST_ITEMS) !== 0 && thread < field(control, "threads")) return;
  for (let spin = 0; spin < SPINS; spin++) {
    if (Atomics.load(control, TICKET) !== ticket) return;
  }
  Atomics.wait(control, TICKET, ticket);
}
