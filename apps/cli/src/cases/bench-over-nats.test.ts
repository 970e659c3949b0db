import { existsSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { type BenchResults, caseName, parseResults } from "@papilio/bench/results";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectToNats } from "../jobs/nats.ts";
import { Interruption } from "../process/interruption.ts";
import { papilio, papilioUntil, refusal } from "../testing/command-line.ts";
import { hasNatsServer, TestNatsServer } from "../testing/nats-server.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { openBenchWork } from "./bench-work.ts";
import { benchKind, CaseQueue, type CaseTask, encode, foundSubject } from "./case-queue.ts";

const folder = temporaryFolder();
const PATIENCE = 1000;
const BATCHES = "8,16,24,32";
/** In two layouts each. */
const CASES = 8;

it("refuses flags of one machine, and workers of a model and of benchmarks at once", async () => {
  const nats = ["--nats", "nats://127.0.0.1:1"];
  const cases: string[][] = [
    ["bench", ...nats, "--adapter", "lavapipe"],
    ["bench", ...nats, "--time-budget", "1m"],
    ["bench", ...nats, "--implementation", "./mine.ts"],
    ["worker", ...nats],
    ["worker", "model", ...nats, "--bench"],
  ];
  for (const args of cases) {
    const { status, line } = await refusal(...args);
    expect([status, line]).toEqual([2, expect.stringContaining("error FLAG_INVALID:")]);
  }
});

describe.skipIf(!hasNatsServer)("a benchmark over NATS", () => {
  let server: TestNatsServer;
  const kind = benchKind("cpu");
  beforeAll(async () => {
    server = await TestNatsServer.start(folder.at("nats"));
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const flags = (out: string): string[] => [
    ...["bench", "--nats", server.address, "--backend", "cpu", "--pattern", "2,8,4,4"],
    ...["--batch", BATCHES, "--dtype", "f32", "--implementation", "cpu-wasm", "--rounds", "2"],
    ...["--json", folder.at(out)],
  ];
  const read = (out: string): BenchResults => parseResults(readFileSync(folder.at(out), "utf8"));

  /** A worker in this process, until it is disposed of. */
  async function worker() {
    const connection = await connectToNats(server.address, "test");
    const work = await openBenchWork({ adapter: "auto", backend: "cpu" });
    const stop = new AbortController();
    const done = work.run(connection, { patience: PATIENCE, signal: stop.signal });
    return {
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await done;
        work[Symbol.dispose]();
        await connection.close();
      },
    };
  }

  function expectWhole(out: string): BenchResults {
    const results = read(out);
    expect(results.complete).toBe(true);
    expect(new Set(results.cases.map(caseName)).size).toBe(CASES);
    for (const { environment, results: found } of results.cases) {
      expect(environment).toMatchObject({ adapter: null, processors: expect.any(String) });
      expect(found.map(({ status }) => status)).toEqual(["timed"]);
    }
    return results;
  }

  it("has every case once, with where it was measured, of all workers", async () => {
    await using _one = await worker();
    await using _other = await worker();
    const { status, stderr } = await papilio(...flags("all.jsonl"));
    expect(status, stderr).toBe(0);
    expectWhole("all.jsonl");
    const lines = readFileSync(folder.at("all.jsonl"), "utf8").trim().split("\n");
    expect(lines.filter((line) => line.startsWith('{"record":"case"'))).toHaveLength(CASES);
  });

  it("goes on after it was stopped, though a worker had fallen silent", async () => {
    const interruption = new Interruption();
    {
      await using _worker = await worker();
      const running = papilioUntil(interruption, ...flags("stopped.jsonl"));
      const measured = () =>
        existsSync(folder.at("stopped.jsonl")) ? read("stopped.jsonl").cases.length : 0;
      while (measured() < 2) await wait(2);
      interruption.interrupt();
      expect(await running).toMatchObject({ status: 1 });
    }
    const before = read("stopped.jsonl").cases.length;
    expect(before).toBeGreaterThanOrEqual(2);
    // Takes a case, and says nothing more.
    const connection = await connectToNats(server.address, "test");
    const consumer = await (await CaseQueue.open(connection)).consumer(kind, PATIENCE);
    const silent = consumer.next({ expires: 5000 });
    const running = papilio(...flags("stopped.jsonl"));
    expect(await silent).not.toBeNull();
    await using _worker = await worker();
    const { status, stderr } = await running;
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`Going on after ${before} measured`);
    expect(expectWhole("stopped.jsonl").resumed).toBe(1);
    await connection.close();
  });

  it.each([
    ["what a worker could not measure", "CHUNK_FAILED"],
    ["an outcome of another case", "MESSAGE_INVALID"],
    ["what is no outcome", "RESULTS_INVALID"],
  ])("fails with %s", async (_, code) => {
    const { cases, environment } = expectWhole("all.jsonl");
    const connection = await connectToNats(server.address, "test");
    const told = connection.subscribe(`papilio.bench-environment.${kind}`, {
      callback: (_error, message) => {
        message.respond(encode(environment));
      },
    });
    const consumer = await (await CaseQueue.open(connection)).consumer(kind, PATIENCE);
    const running = refusal(...flags(`${code}.jsonl`));
    const message = await consumer.next({ expires: 5000 });
    const { bench, index } = message?.json<CaseTask>() ?? { bench: "", index: 0 };
    const other = cases.at(-1 - index);
    const answers: Readonly<Record<string, object>> = {
      CHUNK_FAILED: { error: { code: "CPU_MEMORY", message: "It is full.", fix: "Empty it." } },
      MESSAGE_INVALID: { outcome: { record: "case", ...other } },
      RESULTS_INVALID: { outcome: { record: "case", ...other, batch: -1 } },
    };
    const answer = { index, worker: "test", ...answers[code] };
    connection.publish(foundSubject(bench), JSON.stringify(answer));
    expect((await running).line).toContain(`error ${code}:`);
    told.unsubscribe();
    await connection.close();
  });
});
