import { type NodeThreads, nodeThreads } from "./node-threads.ts";
import type { WorkerRequest, WorkerResponse } from "./split-worker.ts";

/** Of a thread's heap, for what it forgets at once. Blocks are in an array that it keeps. */
const YOUNG_MEGABYTES = 4;

/** A thread that answers requests in their order. */
export interface Thread {
  post(request: WorkerRequest): void;
  terminate(): void;
}

export interface ThreadEvents {
  onResponse(response: WorkerResponse): void;
  /** The thread is gone, or a message was lost: it answers no more. */
  onFailure(reason: string): void;
}

/** How many threads can compute at once and share memory: 1 where memory cannot be shared. */
export function availableThreads(): number {
  return typeof SharedArrayBuffer === "undefined" ? 1 : (navigator.hardwareConcurrency ?? 1);
}

export function openThread(events: ThreadEvents): Thread {
  const threads = nodeThreads();
  return threads === undefined ? openInBrowser(events) : openInNode(threads, events);
}

function openInNode(
  { Worker: NodeWorker }: NodeThreads,
  { onResponse, onFailure }: ThreadEvents,
): Thread {
  // Node runs the sources as they are; what is published is compiled.
  const file = import.meta.url.endsWith(".ts") ? "./split-worker.ts" : "./split-worker.js";
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES };
  // Flags of the program, such as --input-type, are not for its threads.
  const options = { resourceLimits, execArgv: [] };
  const worker = new NodeWorker(new URL(file, import.meta.url), options);
  worker.on("message", onResponse);
  worker.on("error", (error: unknown) => onFailure(String(error)));
  worker.on("messageerror", (error: unknown) => onFailure(String(error)));
  worker.on("exit", (status: number) => onFailure(`It ended with status ${status}.`));
  return {
    post: (request) => worker.postMessage(request),
    terminate: () => void worker.terminate(),
  };
}

function openInBrowser({ onResponse, onFailure }: ThreadEvents): Thread {
  // Bundlers look for exactly this expression.
  const worker = new Worker(new URL("./split-worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<WorkerResponse>) => onResponse(data);
  worker.onerror = ({ message }) => onFailure(message || "It could not be loaded.");
  worker.onmessageerror = () => onFailure("A message could not be read.");
  return { post: (request) => worker.postMessage(request), terminate: () => worker.terminate() };
}
