import { PLAIN_SIMD, RELAXED_SIMD } from "./binaries.ts";
import { decode } from "./decode.ts";
import type { WasmMemory, WasmModule } from "./wasm-types.ts";

/** What threads call: the functions of assembly/run-item.ts and assembly/run-program.ts, which document them. */
export interface KernelExports {
  runItem(kernel: number, call: number, item: number, scratch: number): void;
  startProgram(
    control: number,
    operations: number,
    count: number,
    threads: number,
    scratch: number,
    scratchBytes: number,
  ): void;
  /** @returns one of the constants of run-states.ts */
  runProgram(control: number, thread: number, most: number, sleeps: boolean): number;
  cancelProgram(control: number): void;
  /** @returns 1 when a message will come, 0 when there is something to do already */
  requestMessage(control: number): number;
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
