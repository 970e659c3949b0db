import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { availableThreads } from "@papilio/butterfly/threads";
import type { Simd } from "../wasm/kernel.ts";
import { type CpuEngine, openEngine } from "./engine.ts";

/** How many threads multiply. */
export interface ThreadPolicy {
  readonly max: number;
  /** Whether all of them do, rather than fewer where there is little work. */
  readonly exact: boolean;
}

/** Which kernel computes, on how many threads, and why no better one does. */
export interface CpuReport {
  /** WebAssembly with relaxed or with plain SIMD, or the reference multiplication in TypeScript. */
  readonly kernel: Simd | "reference";
  /** Threads that multiply, at most. */
  readonly threads: number;
  /** Why there is no WebAssembly or a single thread, where that is so. */
  readonly reason?: string;
}

/** The engine, where there is one, with the threads that it is to use. */
export interface OpenCpu {
  readonly engine: CpuEngine | undefined;
  readonly threads: ThreadPolicy;
  readonly report: CpuReport;
}

/** @throws PapilioError `THREADS_INVALID` for what is neither undefined nor a number of threads */
export function requireThreads(wanted: number | undefined): void {
  if (wanted === undefined || (Number.isSafeInteger(wanted) && wanted >= 1)) return;
  throw new PapilioError(
    "THREADS_INVALID",
    `The number of threads is ${describeValue(wanted)}.`,
    "Pass a whole number of at least 1, or nothing for as many as there are processors.",
  );
}

/**
 * Opens the engine, and the threads that are missing.
 *
 * @param wanted threads, the calling one included; as many as there are processors unless given
 * @throws PapilioError `THREADS_INVALID`, `CPU_WORKER_FAILED`
 */
export async function openCpu(wanted: number | undefined): Promise<OpenCpu> {
  requireThreads(wanted);
  const engine = await openEngine();
  if ("reason" in engine) {
    const threads = { max: 1, exact: true };
    return { engine: undefined, threads, report: { kernel: "reference", threads: 1, ...engine } };
  }
  const available = availableThreads();
  const max = Math.min(wanted ?? available, available);
  await engine.pool.prepare(max);
  const single =
    typeof SharedArrayBuffer === "undefined"
      ? { reason: "The page is not cross-origin isolated: it cannot share memory with threads." }
      : {};
  return {
    engine,
    threads: { max, exact: wanted !== undefined },
    report: { kernel: engine.simd, threads: max, ...single },
  };
}
