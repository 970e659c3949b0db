import { PLAIN_SIMD, RELAXED_SIMD } from "./binaries.ts";
import type { WasmMemory, WasmModule } from "./wasm-types.ts";

/** Runs operations of a program on a panel of a batch: `run` of assembly/index.ts, which documents it. */
export type RunPanel = (
  program: number,
  call: number,
  first: number,
  end: number,
  panel: number,
  part: number,
  parts: number,
  slot: number,
  thread: number,
) => void;

/** Computes an item of an operation: `runItem` of assembly/run-program.ts, which documents it. */
export type RunItem = (kernel: number, call: number, item: number, scratch: number) => void;

/** What a thread calls. */
export interface KernelExports {
  readonly run: RunPanel;
  readonly runItem: RunItem;
}

/** Which SIMD instructions the engine supports. */
export type Simd = "relaxed" | "plain";

/** The compiled WebAssembly. Each thread instantiates it. */
export interface Kernel {
  readonly simd: Simd;
  readonly module: WasmModule;
}

/** Why there is no kernel. */
export interface NoKernel {
  readonly reason: string;
}

/** Compiles the best kernel that the engine supports. */
export async function compileKernel(): Promise<Kernel | NoKernel> {
  if (typeof WebAssembly === "undefined") return { reason: "There is no WebAssembly here." };
  const candidates = [
    { simd: "relaxed", bytes: decode(RELAXED_SIMD) },
    { simd: "plain", bytes: decode(PLAIN_SIMD) },
  ] as const;
  const found = candidates.find(({ bytes }) => WebAssembly.validate(bytes));
  if (found === undefined) return { reason: "This WebAssembly has no SIMD or no threads." };
  try {
    return { simd: found.simd, module: await WebAssembly.compile(found.bytes) };
  } catch (error) {
    return { reason: `WebAssembly is not allowed here: ${(error as Error).message}` };
  }
}

/** One thread's instance. */
export function instantiate(module: WasmModule, memory: WasmMemory): KernelExports {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as KernelExports;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
