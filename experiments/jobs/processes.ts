import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

const program = [
  "--conditions=@papilio/source",
  resolve(import.meta.dirname, "../../apps/cli/src/command-line.ts"),
];

/** A process that is stopped when it is disposed of. */
export class Running implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = once(child, "exit");
  }

  /** A NATS server, whose address is given, with its messages in a folder. */
  static async nats(
    folder: string,
  ): Promise<{ readonly running: Running; readonly address: string }> {
    const port = await freePort();
    const args = ["--jetstream", "--store_dir", folder, "--addr", "127.0.0.1", "--port", `${port}`];
    const running = new Running(
      spawn("nats-server", args, { stdio: ["ignore", "ignore", "pipe"] }),
    );
    await running.said(/Server is ready/);
    return { running, address: `nats://127.0.0.1:${port}` };
  }

  /**
   * A command of `papilio`.
   *
   * @param processors on which it may compute, as taskset has them; all unless given
   */
  static papilio(args: readonly string[], processors?: string): Running {
    const [file = "", ...rest] = [
      ...(processors === undefined ? [] : ["taskset", "--cpu-list", processors]),
      process.execPath,
      ...program,
      ...args,
    ];
    return new Running(spawn(file, rest, { stdio: ["ignore", "ignore", "pipe"] }));
  }

  /** What stderr says first of a pattern. */
  async said(pattern: RegExp): Promise<string> {
    const stderr = this.#child.stderr as NodeJS.ReadableStream;
    for await (const line of createInterface({ input: stderr })) {
      const found = pattern.exec(line)?.[0];
      if (found === undefined) continue;
      stderr.resume();
      return found;
    }
    throw new Error(`A process ended before it said ${pattern}.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#exit;
  }
}

/** Processes that are stopped together. */
export function allOf(all: readonly Running[]): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
