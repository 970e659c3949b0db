import { instantiate } from "../wasm/kernel.ts";
import { RUN_WAKES_CALLER } from "../wasm/run-states.ts";
import type { WasmMemory, WasmModule } from "../wasm/wasm-types.ts";

/** The first and only message to a thread: from then on it reads its work from the memory. */
export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** Where the state of a run is. */
  readonly control: number;
  readonly thread: number;
}

/** From a thread: it is ready, the calling thread is to look for work, or an error. */
export type WorkerMessage = "ready" | "wake" | { readonly error: string };

/** Items after which the loop goes through JavaScript: it need not, and returns for messages. */
const MOST_ITEMS = 0x7fffffff;

function work(
  { module, memory, control, thread }: WorkerStart,
  post: (message: WorkerMessage) => void,
): void {
  try {
    const { runProgram } = instantiate(module, memory);
    post("ready");
    for (;;) {
      if (runProgram(control, thread, MOST_ITEMS, true) === RUN_WAKES_CALLER) post("wake");
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
