import { requireObject } from "../errors/argument-checks.ts";
import { BrowserThread } from "./browser-thread.ts";
import { type NodeThreads, nodeThreads } from "./node-threads.ts";

/** Of a thread's heap, for what it forgets at once. Blocks are in an array that it keeps. */
const YOUNG_MEGABYTES = 4;

/** A thread that answers requests in their order. */
export interface Thread<Request> {
  post(request: Request): void;
  /** Whether the process stays alive for it: at first it does. A browser has no such thing. */
  keepAlive(needed: boolean): void;
  terminate(): void;
}

export interface ThreadEvents<Response> {
  onResponse(response: Response): void;
  /** The thread is gone, or a message was lost: it answers no more. */
  onFailure(reason: string): void;
}

/** A browser's `Worker`, whose type a program without the DOM's types lacks. */
type BrowserWorker = typeof globalThis extends { Worker: { prototype: infer Instance } }
  ? Instance
  : object;

/** Where the program of a thread is. */
export interface ThreadProgram {
  /** Its file, without the extension, and the URL of a module in the same folder. */
  readonly name: string;
  readonly siblingUrl: string;
  /** Bundlers look for `new Worker(new URL(...), ...)`, with the file in it. */
  readonly openInBrowser: () => BrowserWorker;
  /** Its text with all that it imports, which the build of the package writes; empty before. */
  readonly inlined: () => Promise<{ readonly source: string }>;
}

/** How many threads can compute at once and share memory: 1 where memory cannot be shared. */
export function availableThreads(): number {
  return typeof SharedArrayBuffer === "undefined" ? 1 : (navigator.hardwareConcurrency ?? 1);
}

export function openThread<Request, Response>(
  program: ThreadProgram,
  events: ThreadEvents<Response>,
): Thread<Request> {
  requireObject("The program", program, "a ThreadProgram", "name", "siblingUrl", "inlined");
  requireObject("The events", events, "an object of functions", "onResponse", "onFailure");
  const threads = nodeThreads();
  return threads === undefined
    ? new BrowserThread(program, events)
    : openInNode(threads, program, events);
}

function openInNode<Request, Response>(
  { Worker: NodeWorker }: NodeThreads,
  { name, siblingUrl }: ThreadProgram,
  { onResponse, onFailure }: ThreadEvents<Response>,
): Thread<Request> {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MEGABYTES };
  // Flags of the program, such as --input-type, are not for its threads.
  const options = { resourceLimits, execArgv: [] };
  // Node runs the sources as they are; what is published is compiled.
  const extension = siblingUrl.endsWith(".ts") ? "ts" : "js";
  const worker = new NodeWorker(new URL(`${name}.${extension}`, siblingUrl), options);
  worker.on("message", onResponse);
  worker.on("error", (error: unknown) => onFailure(String(error)));
  worker.on("messageerror", (error: unknown) => onFailure(String(error)));
  worker.on("exit", (status: number) => onFailure(`It ended with status ${status}.`));
  return {
    post: (request) => worker.postMessage(request),
    keepAlive: (needed) => (needed ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}
