/** The part of Node's `worker_threads` that is used here. */
export interface NodeThreads {
  readonly Worker: new (
    file: URL,
    options: {
      readonly resourceLimits: { readonly maxYoungGenerationSizeMb: number };
      readonly execArgv: string[];
    },
  ) => {
    on(event: string, listener: (value: never) => void): unknown;
    postMessage(message: unknown): void;
    ref(): void;
    unref(): void;
    terminate(): Promise<number>;
  };
  readonly parentPort: {
    on(event: "message", listener: (message: never) => void): unknown;
    postMessage(message: unknown): void;
  } | null;
}

/**
 * Node's threads; undefined elsewhere. Asked for, not imported: a bundler for browsers would follow an
 * import.
 */
export function nodeThreads(): NodeThreads | undefined {
  if (typeof process === "undefined") return undefined;
  return process.getBuiltinModule("node:worker_threads") as unknown as NodeThreads;
}
