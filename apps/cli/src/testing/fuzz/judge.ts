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
  if (first.verdict.failure !== undefined || !isTooMuch(first, bytes)) return first.verdict;
  const again = await attempt(read, bytes);
  if (!isTooMuch(again, bytes)) return first.verdict;
  const megabytes = (again.growth / 2 ** 20).toFixed(0);
  return {
    failure: `took ${again.seconds.toFixed(1)} s and ${megabytes} MiB for ${bytes.length} bytes`,
  };
}

interface Attempt {
  readonly verdict: Verdict;
  /** Of the processor. */
  readonly seconds: number;
  /** Bytes of memory, garbage included. */
  readonly growth: number;
}

async function attempt(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): Promise<Attempt> {
  const memory = memoryInUse();
  const { user, system } = process.cpuUsage();
  let verdict: Verdict = {};
  try {
    await read(bytes);
  } catch (error) {
    verdict = verdictOf(error);
  }
  const growth = memoryInUse() - memory;
  const spent = process.cpuUsage({ user, system });
  return { verdict, seconds: (spent.user + spent.system) / 1e6, growth };
}

function verdictOf(error: unknown): Verdict {
  if (!(error instanceof PapilioError)) {
    return { failure: `threw ${error instanceof Error ? error.stack : String(error)}` };
  }
  // The message and the hint are shown to a person.
  const tooLong = error.message.length > 2000 || error.fix.length > 2000;
  if (tooLong) return { failure: `has a message of ${error.message.length} characters` };
  return { refused: error.code };
}

function isTooMuch({ seconds, growth }: Attempt, bytes: Uint8Array): boolean {
  return seconds > MOST_SECONDS || growth > MOST_GROWTH + bytes.length;
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
