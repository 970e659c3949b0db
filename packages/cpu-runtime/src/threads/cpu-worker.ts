import { instantiate } from "../kernel/kernel.ts";
import type { WasmMemory, WasmModule } from "../kernel/wasm-types.ts";
import { CONTROL_ADDRESS, CONTROL_WORDS, runNextItem, shouldNotify, sleep } from "./job-queue.ts";

/** The first and only message to a thread: from then on it reads its jobs from the memory. */
export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly thread: number;
}

/** From a thread: it is ready, the job of this number is done, or an error. */
export type WorkerMessage = "ready" | { readonly done: number } | { readonly error: string };

function work(
  { module, memory, thread }: WorkerStart,
  post: (message: WorkerMessage) => void,
): void {
  try {
    const { run } = instantiate(module, memory);
    const control = new Int32Array(memory.buffer, CONTROL_ADDRESS, CONTROL_WORDS);
    post("ready");
    for (;;) {
      const next = runNextItem(control, run, thread);
      if (next === false) sleep(control, thread);
      else if (next !== true && shouldNotify(control, next)) post({ done: next });
    }
  } catch (error) {
    post({ error: String(error) });
  }
}

// `node:worker_threads` is looked up at run time: a bundler for browsers would follow an import. A worker
// imports no other package, which a page without a bundler or a thread without Node's flags would not find.
const port =
  typeof process === "undefined"
    ? null
    : process.getBuiltinModule("node:worker_threads").parentPort;
if (port) {
  port.on("message", (start: WorkerStart) => work(start, (message) => port.postMessage(message)));
} else {
  addEventListener("message", ({ data }: MessageEvent<WorkerStart>) => work(data, postMessage));
}
