import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { connectToNats } from "../jobs/nats.ts";

/** Whether there is a `nats-server`, as Debian's package brings: tests that need one are skipped elsewhere. */
export const hasNatsServer: boolean = spawnSync("nats-server", ["--version"]).status === 0;

/** A NATS server with JetStream on this machine, of the tests alone. */
export class TestNatsServer implements AsyncDisposable {
  readonly address: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.address = `nats://127.0.0.1:${port}`;
    this.#args = ["--jetstream", "--store_dir", folder, "--addr", "127.0.0.1", "--port", `${port}`];
  }

  /** @param folder where it keeps messages */
  static async start(folder: string): Promise<TestNatsServer> {
    const server = new TestNatsServer(await freePort(), folder);
    await server.start();
    return server;
  }

  /** Starts it again, with the messages that it had. */
  async start(): Promise<void> {
    this.#process = spawn("nats-server", this.#args, { stdio: "ignore" });
    for (let tries = 0; ; tries++) {
      try {
        const connection = await connectToNats(this.address, "test");
        return await connection.close();
      } catch (error) {
        if (tries === 100) throw error;
        await wait(50);
      }
    }
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop("SIGKILL");
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
