/**
 * Runs the operations of a program, one after the other, by all threads: an operation is a number of items, which
 * threads claim one by one, each beginning with a share of its own. Whoever finishes the last item of an operation
 * begins the next one. A thread that comes late, or is not there, so delays nothing but the items that it has claimed.
 */
import { runItem } from "./run-item";
import {
  RUN_GOES_ON,
  RUN_HAS_ENDED,
  RUN_IS_IDLE,
  RUN_WAKES_CALLER,
  SHARE_BYTES,
} from "./run-states";

/** An operation: a kernel, and the call that it is given. */
@unmanaged
class Operation {
  /** One of kernel-ids.ts. */
  kernel: i32;
  /** At least 1. */
  items: i32;
  call: usize;
}

/** The state of the run under way, which all threads read and write. */
@unmanaged
class Control {
  /**
   * In the upper half the number of the operation, of all that ever ran; in the lower half its unclaimed items, or
   * {@link ENDED}. An exchange that expects the number can claim no item of a later operation. That a run has ended
   * is written here, too: a thread that saw a change of this word, and not yet one of another, would wait for nothing.
   */
  ticket: i64;
  /** Finished items of the operation. */
  done: i32;
  /** Threads that sleep until the ticket changes. */
  sleepers: i32;
  /** Whether the items that are left are skipped. */
  cancelled: i32;
  /** Whether the calling thread waits for a message when the operation changes. */
  waiting: i32;
  /** Number of the run; threads sleep on it between runs. */
  run: i32;
  operations: usize;
  count: i32;
  current: i32;
  threads: i32;
  /** Memory of the threads, each its part: a line of its {@link Share}, then scratch memory. */
  scratch: usize;
  scratchBytes: usize;
}

/** A thread's share of the items of an operation. */
@unmanaged
class Share {
  /**
   * In the upper half the number of an operation, as in the ticket; in the lower half the items of that operation
   * that were taken of the share. Of another operation than the one under way: none.
   */
  taken: i64;
}

/** In place of the unclaimed items, where no run is under way: after one has ended. */
const ENDED: i32 = -1;

/** Loads of a word before a thread goes to sleep: about 0.1 ms, at half a nanosecond each, as runs follow one another. */
const SPINS: i32 = 200_000;

/**
 * Begins a run, after the one before has ended.
 *
 * @param address of {@link CONTROL_BYTES} bytes, which are 0 at first: as if a run of no items were under way
 */
export function startProgram(
  address: usize,
  operations: usize,
  count: i32,
  threads: i32,
  scratch: usize,
  scratchBytes: usize,
): void {
  const control = changetype<Control>(address);
  control.operations = operations;
  control.count = count;
  control.threads = threads;
  control.scratch = scratch;
  control.scratchBytes = scratchBytes;
  control.current = 0;
  for (let thread = 0; thread < threads; thread++) shareOf(control, thread).taken = 0;
  atomic.store<i32>(address, 0, offsetof<Control>("done"));
  atomic.store<i32>(address, 0, offsetof<Control>("cancelled"));
  atomic.store<i32>(address, 0, offsetof<Control>("waiting"));
  // The number before the ticket: a thread that saw this one, and not yet the other, looks again.
  atomic.add<i32>(address, 1, offsetof<Control>("run"));
  const sequence = (atomic.load<i64>(address) >> 32) + 1;
  atomic.store<i64>(address, (sequence << 32) | changetype<Operation>(operations).items);
  atomic.notify(address + offsetof<Control>("run"), -1);
}

/**
 * Claims items and computes them.
 *
 * @param most items; then it returns
 * @param sleeps whether it sleeps until there is more to do, rather than return: not for a page's main thread,
 *   which must not
 */
export function runProgram(address: usize, thread: i32, most: i32, sleeps: bool): i32 {
  const control = changetype<Control>(address);
  while (most > 0) {
    const run = atomic.load<i32>(address, offsetof<Control>("run"));
    const ticket = atomic.load<i64>(address);
    const takesPart = thread < control.threads;
    const left = <i32>ticket;
    if (takesPart && left > 0) {
      if (atomic.cmpxchg<i64>(address, ticket, ticket - 1) !== ticket) continue;
      most--;
      if (compute(control, thread, ticket) && finish(address, ticket)) return RUN_WAKES_CALLER;
      continue;
    }
    const ended = left === ENDED;
    if (ended && !sleeps) return RUN_HAS_ENDED;
    if (takesPart ? spin64(address, ticket) : spin32(address + offsetof<Control>("run"), run))
      continue;
    if (!sleeps) return RUN_IS_IDLE;
    if (ended || !takesPart) {
      atomic.wait<i32>(address + offsetof<Control>("run"), run, -1);
    } else {
      atomic.add<i32>(address, 1, offsetof<Control>("sleepers"));
      atomic.wait<i64>(address, ticket, -1);
      atomic.sub<i32>(address, 1, offsetof<Control>("sleepers"));
    }
  }
  return RUN_GOES_ON;
}

/** Skips the items of the run that no thread has claimed. */
export function cancelProgram(address: usize): void {
  atomic.store<i32>(address, 1, offsetof<Control>("cancelled"));
}

/** Requests a message when the operation changes. False when there is something to do already. */
export function requestMessage(address: usize): bool {
  atomic.store<i32>(address, 1, offsetof<Control>("waiting"));
  return <i32>atomic.load<i64>(address) === 0;
}

/** Computes an item, which the ticket entitles to. Returns whether it was the last of its operation to be finished. */
function compute(control: Control, thread: i32, ticket: i64): bool {
  const address = changetype<usize>(control);
  const operation = changetype<Operation>(
    control.operations + <usize>control.current * offsetof<Operation>(),
  );
  const items = operation.items;
  const item = takeItem(control, thread, items, ticket >> 32);
  if (atomic.load<i32>(address, offsetof<Control>("cancelled")) === 0) {
    const scratch = changetype<usize>(shareOf(control, thread)) + SHARE_BYTES;
    runItem(operation.kernel, operation.call, item, scratch);
  }
  return atomic.add<i32>(address, 1, offsetof<Control>("done")) + 1 === items;
}

/**
 * The next item of the thread's own share, or of the next share that has one. There is one: as many tickets were
 * claimed as there are items. So a thread computes the same items run after run, whose numbers its cache has.
 */
function takeItem(control: Control, thread: i32, items: i32, operation: i64): i32 {
  const threads = control.threads;
  const each = items / threads;
  const rest = items % threads;
  let owner = thread;
  let taken = take(control, owner, each + i32(owner < rest), operation);
  while (taken < 0) {
    owner = owner + 1 === threads ? 0 : owner + 1;
    taken = take(control, owner, each + i32(owner < rest), operation);
  }
  return owner * each + min(owner, rest) + taken;
}

/** Takes an item of a share of so many. Returns how many were taken before, or -1 where there is none left. */
function take(control: Control, owner: i32, count: i32, operation: i64): i32 {
  const share = changetype<usize>(shareOf(control, owner));
  let word: i64;
  let taken: i32;
  do {
    word = atomic.load<i64>(share);
    taken = word >> 32 === operation ? <i32>word : 0;
    if (taken === count) return -1;
  } while (atomic.cmpxchg<i64>(share, word, (operation << 32) | (taken + 1)) !== word);
  return taken;
}

function shareOf(control: Control, thread: i32): Share {
  return changetype<Share>(control.scratch + <usize>thread * control.scratchBytes);
}

/** Begins the next operation, or ends the run. Returns whether the calling thread waits for it. */
function finish(address: usize, ticket: i64): bool {
  const control = changetype<Control>(address);
  const cancelled = atomic.load<i32>(address, offsetof<Control>("cancelled")) !== 0;
  const next = cancelled ? control.count : control.current + 1;
  let left: i32 = ENDED;
  if (next < control.count) {
    left = changetype<Operation>(control.operations + <usize>next * offsetof<Operation>()).items;
    control.current = next;
  }
  atomic.store<i32>(address, 0, offsetof<Control>("done"));
  atomic.store<i64>(address, (((ticket >> 32) + 1) << 32) | <i64>(<u32>left));
  if (atomic.load<i32>(address, offsetof<Control>("sleepers")) !== 0) atomic.notify(address, -1);
  return atomic.cmpxchg<i32>(address, 1, 0, offsetof<Control>("waiting")) === 1;
}

/** Waits a little for a word to change. */
function spin32(address: usize, value: i32): bool {
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i32>(address) !== value) return true;
  }
  return false;
}

function spin64(address: usize, value: i64): bool {
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i64>(address) !== value) return true;
  }
  return false;
}
