/**
 * What a queue costs, and what workers gain: a job and live requests, with 1, 2 and 4 workers that share two processors,
 * beside one process without a queue.
 *
 *     pnpm experiment:jobs --name two-cores
 *
 * Needs nats-server and taskset. Writes results/jobs-NAME.json and results/jobs-NAME.md, from the fastest of the rounds,
 * which are interleaved.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { writeNpy } from "@papilio/butterfly/files";
import { TOKENS, WORDS, writeModel } from "./model.ts";
import { allOf, Running } from "./processes.ts";
import { type JobsExperiment, type Round, renderJobsReport } from "./report.ts";

const { values: flags } = parseArgs({
  options: {
    name: { type: "string", default: "auto" },
    rounds: { type: "string", default: "5" },
    rows: { type: "string", default: "2000" },
    requests: { type: "string", default: "200" },
  },
});
const rows = Number(flags.rows);
const requests = Number(flags.requests);
const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "papilio-jobs-"));

/** Processors of each worker: one has both threads, and of four two share a processor. */
const WORKERS: Readonly<Record<number, readonly string[]>> = {
  1: ["0,1"],
  2: ["0", "1"],
  4: ["0", "1", "0", "1"],
};
/** Requests that are under way at once, and the tokens of each. */
const CLIENTS = 32;
const GENERATED = 32;

const model = await writeModel(join(folder, "model"));
const ids = Float32Array.from({ length: rows * TOKENS }, (_, index) => (index * 7919) % WORDS);
const input = join(folder, "ids.npy");
writeFileSync(input, writeNpy(ids, [rows, TOKENS]));
const before = loadavg()[0] ?? 0;
const rounds: Round[] = [];
try {
  for (let round = 0; round < Number(flags.rounds); round++) {
    rounds.push({ workers: 0, job: undefined, requests: await requestsDirectly() });
    for (const workers of Object.keys(WORKERS).map(Number)) {
      const measured = await withWorkers(workers);
      rounds.push(measured);
      process.stderr.write(`${JSON.stringify(measured)}\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const given = process.argv.slice(2).join(" ");
const experiment: JobsExperiment = {
  date: new Date().toISOString(),
  command: `pnpm experiment:jobs${given === "" ? "" : ` ${given}`}`,
  node: process.version,
  nats: execFileSync("nats-server", ["--version"], { encoding: "utf8" }).trim(),
  processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
  revision: execFileSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: root,
    encoding: "utf8",
  }).trim(),
  load: { before, after: loadavg()[0] ?? 0 },
  sizes: { rows, tokens: TOKENS, requests, clients: CLIENTS, generated: GENERATED },
  rounds,
};
const base = join(root, "results", `jobs-${flags.name}`);
writeFileSync(`${base}.json`, `${JSON.stringify(experiment, null, 2)}\n`);
writeFileSync(`${base}.md`, renderJobsReport(experiment));

/** Seconds of all requests to one process that serves and computes, on both processors. */
async function requestsDirectly(): Promise<number> {
  const serve = ["serve", `model=${model}`, "--port", "0", "--log", "error", "--backend", "cpu"];
  await using server = Running.papilio(serve);
  return await secondsOfRequests(await server.said(/http:\/\/\S+$/));
}

async function withWorkers(count: number): Promise<Round> {
  const { running: server, address } = await Running.nats(mkdtempSync(join(folder, "nats-")));
  await using _server = server;
  const worker = ["worker", `model=${model}`, "--nats", address, "--backend", "cpu"];
  const workers = (WORKERS[count] ?? []).map((processors) => Running.papilio(worker, processors));
  await using _workers = allOf(workers);
  await Promise.all(workers.map((one) => one.said(/ takes /)));
  const output = join(mkdtempSync(join(folder, "job-")), "logits.npy");
  const job = ["run", model, "--nats", address, "--backend", "cpu", "--json"];
  const files = ["--input", `ids=${input}`, "--output", `logits=${output}`];
  const runJob = () => JSON.parse(run([...job, ...files, "--force"])) as Job;
  // The first compiles, and packs the weights.
  runJob();
  const { seconds, workers: shares } = runJob();
  const computing = shares.reduce((sum, one) => sum + one.seconds, 0);
  await using gateway = Running.papilio([
    "serve",
    "--nats",
    address,
    "--port",
    "0",
    "--log",
    "error",
  ]);
  const live = await secondsOfRequests(await gateway.said(/http:\/\/\S+$/));
  return { workers: count, job: { seconds, computing }, requests: live };
}

interface Job {
  readonly seconds: number;
  readonly workers: readonly { readonly seconds: number }[];
}

function run(args: readonly string[]): string {
  return execFileSync(
    process.execPath,
    ["--conditions=@papilio/source", join(root, "apps/cli/src/command-line.ts"), ...args],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
}

/** Seconds of all requests, after some that warm up. */
async function secondsOfRequests(address: string): Promise<number> {
  const isReady = () => fetch(`${address}/v2/models/model/ready`).then(({ ok }) => ok);
  while (!(await isReady())) await new Promise((done) => setTimeout(done, 50));
  await ask(address, CLIENTS);
  const start = performance.now();
  await ask(address, requests);
  return (performance.now() - start) / 1000;
}

async function ask(address: string, count: number): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const prompt = Array.from({ length: 8 }, (_, place) => (index * 31 + place) % WORDS);
      const response = await fetch(`${address}/v1/completions`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ model: "model", prompt, max_tokens: GENERATED, seed: index }),
      });
      if (!response.ok) throw new Error(await response.text());
      await response.text();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}
