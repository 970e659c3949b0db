import { instantiate } from "../kernel/kernel.ts";
import type { WasmMemory, WasmModule } from "../kernel/wasm-types.ts";
import { CONTROL_ADDRESS, CONTROL_WORDS, doNext, isToBeTold, sleep } from "./job-queue.ts";

/** What a thread is given once; from then on it is told by the memory. */
export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly thread: number;
}

/** Ready to work, the number of a job whose last item is done, or an error. */
export type WorkerNews = "ready" | { readonly done: number } | { readonly error: string };

function work({ module, memory, thread }: WorkerStart, tell: (news: WorkerNews) => void): void {
  try {
    const run = instantiate(module, memory);
    const control = new Int32Array(memory.buffer, CONTROL_ADDRESS, CONTROL_WORDS);
    tell("ready");
    for (;;) {
      const next = doNext(control, run, thread);
      if (next === false) sleep(control, thread);
      else if (next !== true && isToBeTold(control, next)) tell({ done: next });
    }
  } catch (error) {
    tell({ error: String(error) });
  }
}

// The threads of Node are asked for, not imported: a bundler for browsers would follow an import. A worker
// imports no other package: neither a page without a bundler nor a thread without the flags finds one.
const port =
  typeof process === "undefined"
    ? null
    : process.getBuiltinModule("node:worker_threads").parentPort;
if (port) {
  port.on("message", (start: WorkerStart) => work(start, (news) => port.postMessage(news)));
} else {
  addEventListener("message", ({ data }: MessageEvent<WorkerStart>) => work(data, postMessage));
}
