import { getHeapStatistics } from "node:v8";
import { PapilioError } from "@papilio/butterfly";

/** What a reader may take, for any file. */
const MOST_SECONDS = 1;
const MOST_GROWTH = 64 * 2 ** 20;

/** What became of a file: undefined where it was read. */
export interface Verdict {
  /** The code that it was refused with. */
  readonly refused?: string;
  /** What must not be. */
  readonly failure?: string;
  /** What reading it took, of the processor. */
  readonly seconds: number;
  /** Bytes of memory that reading it took, garbage included. */
  readonly growth: number;
}

/**
 * Reads a file, and judges how: it must be read or refused with a code, within a second and 64 MiB
 * beside its size. What took too long or too much is read again: the first time may have been the machine's
 * or the garbage collector's.
 */
export async function judge(
  read: (bytes: Uint8Array) => unknown,
  bytes: Uint8Array,
): Promise<Verdict> {
  const first = await attempt(read, bytes);
  if (first.failure !== undefined || !isTooMuch(first, bytes)) return first;
  const again = await attempt(read, bytes);
  if (!isTooMuch(again, bytes)) return again;
  const megabytes = (again.growth / 2 ** 20).toFixed(0);
  return {
    ...again,
    failure: `took ${again.seconds.toFixed(1)} s and ${megabytes} MiB for ${bytes.length} bytes`,
  };
}

async function attempt(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): Promise<Verdict> {
  const memory = memoryInUse();
  const { user, system } = process.cpuUsage();
  let outcome: Outcome = {};
  try {
    await read(bytes);
  } catch (error) {
    outcome = outcomeOf(error);
  }
  const growth = memoryInUse() - memory;
  const spent = process.cpuUsage({ user, system });
  return { ...outcome, seconds: (spent.user + spent.system) / 1e6, growth };
}

type Outcome = Pick<Verdict, "refused" | "failure">;

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof PapilioError)) {
    return { failure: `threw ${error instanceof Error ? error.stack : String(error)}` };
  }
  // The message and the hint are shown to a person.
  const tooLong = error.message.length > 2000 || error.fix.length > 2000;
  if (tooLong) return { failure: `has a message of ${error.message.length} characters` };
  return { refused: error.code };
}

function isTooMuch({ seconds, growth }: Verdict, bytes: Uint8Array): boolean {
  return seconds > MOST_SECONDS || growth > MOST_GROWTH + bytes.length;
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
