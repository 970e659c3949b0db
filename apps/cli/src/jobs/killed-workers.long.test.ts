import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { writeNpy } from "@papilio/butterfly/files";
import { expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { writeVision } from "../testing/model-folders.ts";
import { hasNatsServer, TestNatsServer } from "../testing/nats-server.ts";
import { hasEnded, signalGroup, startGroup, startWorker } from "../testing/process-group.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const IMAGES = 4000;

function linesOf(file: string): number {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length : 0;
}

it.skipIf(!hasNatsServer)(
  "a job of 2,000 parts has what one process finds, though workers, the server and the job itself are killed",
  async () => {
    await using server = await TestNatsServer.start(folder.at("nats"));
    const model = await writeVision(folder.at("vit"));
    const images = Float32Array.from({ length: IMAGES * 192 }, (_, index) => Math.sin(index));
    const x = folder.write("x.npy", writeNpy(images, [IMAGES, 3, 8, 8]));
    const run = (out: string, ...flags: readonly string[]): string[] => [
      ...["run", model, "--backend", "cpu", "--input", `images=${x}`],
      ...["--output", `logits=${folder.at(out)}`, ...flags],
    ];
    const alone = await papilio(...run("alone.npy"));
    expect(alone.status, alone.stderr).toBe(0);

    const nats = ["--nats", server.address];
    const workerFlags = [...nats, "--backend", "cpu", "--patience", "2s"];
    const workers = await Promise.all([0, 1, 2].map(() => startWorker(model, ...workerFlags)));
    const [killed, paused] = workers as [ChildProcess, ChildProcess];
    const done = new AbortController();
    const pausing = (async () => {
      while (!done.signal.aborted) {
        signalGroup(paused, "SIGSTOP");
        await wait(2500);
        signalGroup(paused, "SIGCONT");
        await wait(1000);
      }
    })();
    try {
      const job = run("job.npy", ...nats, "--chunk", "2");
      const first = startGroup(job);
      // Some parts are done, of which the job's file has a line each.
      while (linesOf(folder.at("job.npy.job")) < 100) await wait(20);
      signalGroup(killed, "SIGKILL");
      await wait(500);
      await server.stop("SIGKILL");
      await wait(500);
      await server.start();
      await wait(500);
      signalGroup(first, "SIGKILL");
      const { status, stdout, stderr } = await papilio(...job, "--json");
      expect(status, stderr).toBe(0);
      const report = JSON.parse(stdout) as { chunks: number; before: number };
      expect(report.chunks).toBe(2000);
      expect(report.before).toBeGreaterThan(0);
      expect(report.before).toBeLessThan(2000);
      const [one, many] = ["alone.npy", "job.npy"].map((name) => readFileSync(folder.at(name)));
      expect(many?.equals(one as Buffer)).toBe(true);
    } finally {
      done.abort();
      await pausing;
      const exits = workers.map((worker) => (hasEnded(worker) ? undefined : once(worker, "exit")));
      for (const worker of workers) signalGroup(worker, "SIGTERM");
      await Promise.all(exits);
    }
    // Those that were stopped ended by themselves.
    expect(workers.slice(1).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  },
  300_000,
);
