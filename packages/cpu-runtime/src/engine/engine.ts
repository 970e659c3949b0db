import { CpuMemory, type CpuMemoryStatistics } from "../memory/cpu-memory.ts";
import { ThreadPool } from "../threads/thread-pool.ts";
import { compileKernel, type Simd } from "../wasm/kernel.ts";

/** The kernel, its memory and its threads: one for the process. */
export interface CpuEngine {
  readonly simd: Simd;
  readonly memory: CpuMemory;
  readonly pool: ThreadPool;
}

/** Why the reference multiplication computes instead. */
export interface NoEngine {
  readonly reason: string;
}

let opened: Promise<CpuEngine | NoEngine> | undefined;
let engine: CpuEngine | undefined;

/** The engine of the process, created by the first call. */
export function openEngine(): Promise<CpuEngine | NoEngine> {
  opened ??= createEngine();
  return opened;
}

async function createEngine(): Promise<CpuEngine | NoEngine> {
  const kernel = await compileKernel();
  if ("reason" in kernel) return kernel;
  const memory = CpuMemory.create();
  if (memory === undefined) return { reason: "There is no shared WebAssembly memory here." };
  engine = { simd: kernel.simd, memory, pool: new ThreadPool(kernel, memory) };
  return engine;
}

/**
 * What the memory of the CPU backend holds: weights, programs, states, arrays. Undefined before anything
 * was compiled for the CPU, and where there is no WebAssembly.
 */
export function cpuMemoryStatistics(): CpuMemoryStatistics | undefined {
  return engine?.memory.statistics;
}

/**
 * Ends the threads of the CPU backend. A multiplication under way fails with `CPU_WORKER_FAILED`; a later
 * one opens threads again. Idle threads keep no process alive: this frees their memory.
 */
export function disposeCpuThreads(): void {
  engine?.pool.terminate("They were disposed of.");
}
