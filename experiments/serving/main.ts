/**
 * Serves stories260K to many clients for as long as wanted: every answer is compared with the one that a single client
 * got, and memory with what it was after the warm-up. Prints latencies, rates and memory as JSON.
 *
 *     pnpm experiment:serving --minutes 5 --clients 64
 *
 * Exit status 1 when an answer is wrong or missing, or memory has grown.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import autocannon from "autocannon";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    clients: { type: "string", default: "64" },
    backend: { type: "string", default: "cpu" },
    adapter: { type: "string", default: "auto" },
  },
});
const seconds = 60 * Number(flags.minutes);
const clients = Number(flags.clients);

/** Bytes of the server beyond those after the warm-up, at most. */
const GROWTH = 100 * 2 ** 20;
/** Part of the time after which the server has what it needs. */
const WARM_UP = 1 / 4;
const root = resolve(import.meta.dirname, "../..");
const model = resolve(root, "packages/nn/testdata/stories260K/stories260K.bin");

/** Prompts of several lengths; a part of them streamed. */
const BODIES = [
  "Once upon a time",
  "The dog",
  "Lily and Tom went to the park. They",
  "One day",
].flatMap((prompt, index) =>
  [false, true].map((stream) => ({
    model: "stories260K",
    prompt,
    stream,
    max_tokens: 8 + 16 * index,
    temperature: index % 2,
    seed: index,
  })),
);

const child = spawn(
  process.execPath,
  [
    "--conditions=@papilio/source",
    resolve(root, "apps/cli/src/command-line.ts"),
    ...["serve", model, "--port", "0", "--log", "error"],
    ...["--backend", flags.backend, "--adapter", flags.adapter],
  ],
  // With an arena for each thread, glibc's allocator keeps memory that was freed: growth says nothing then.
  { stdio: ["ignore", "inherit", "pipe"], env: { ...process.env, MALLOC_ARENA_MAX: "1" } },
);
const exit = once(child, "exit");
const address = await listening();

/** The address of the server, from what it says when it listens. */
async function listening(): Promise<string> {
  for await (const line of createInterface({ input: child.stderr })) {
    process.stderr.write(`${line}\n`);
    const found = /http:\/\/\S+$/.exec(line)?.[0];
    if (found === undefined) continue;
    child.stderr.pipe(process.stderr);
    return found;
  }
  throw new Error("The server ended before it listened.");
}

/** The text of an answer, whole or streamed. */
function textOf(body: string): string {
  if (!body.startsWith("data: ")) return JSON.parse(body).choices[0].text;
  const events = body.split("\n\n").filter((event) => event !== "");
  if (events.pop() !== "data: [DONE]") throw new Error("The stream has no end.");
  return events.map((event) => JSON.parse(event.slice("data: ".length)).choices[0].text).join("");
}

const request = (body: object) => ({
  method: "POST" as const,
  path: "/v1/completions",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
const expected: string[] = [];
for (const body of BODIES) {
  const response = await fetch(`${address}/v1/completions`, request(body));
  expected.push(textOf(await response.text()));
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(text.split(`\n${name} `)[1]?.split("\n")[0]);
}

const wrong: string[] = [];
let answers = 0;
const memory: { readonly second: number; readonly bytes: number; readonly device: number }[] = [];
const start = performance.now();
const watching = new AbortController();
const watched = (async () => {
  while (!watching.signal.aborted) {
    const second = (performance.now() - start) / 1000;
    const bytes = await metric("papilio_resident_bytes");
    memory.push({ second, bytes, device: await metric("papilio_device_reserved_bytes") });
    await sleep(1000 * Math.min(5, seconds / 20), undefined, { signal: watching.signal }).catch(
      () => undefined,
    );
  }
})();

const result = await autocannon({
  url: address,
  connections: clients,
  duration: seconds,
  timeout: 120,
  requests: BODIES.map((body, index) => ({
    ...request(body),
    onResponse: (status: number, text: string) => {
      answers++;
      try {
        if (status === 200 && textOf(text) === expected[index]) return;
      } catch {
        // It is wrong as well.
      }
      if (wrong.length < 20) wrong.push(`${status} of request ${index}: ${text.slice(0, 300)}`);
    },
  })),
});
watching.abort();
await watched;
while ((await metric("papilio_requests")) > 1) await sleep(50);
const waiting = await metric('papilio_queue{model="stories260K"}');
const generated = await metric('papilio_tokens_total{model="stories260K",kind="generated"}');
child.kill("SIGTERM");
const [status] = await exit;

const base = memory.find(({ second }) => second >= WARM_UP * seconds) ?? memory.at(-1);
const last = memory.at(-1);
const growth = (last?.bytes ?? 0) - (base?.bytes ?? 0);
const { latency, errors, timeouts, non2xx } = result;
const failed = wrong.length + errors + timeouts + non2xx + waiting;
process.stdout.write(
  `${JSON.stringify(
    {
      minutes: Number(flags.minutes),
      clients,
      backend: flags.backend,
      answers,
      wrong,
      errors,
      timeouts,
      non2xx,
      waiting,
      tokensPerSecond: generated / seconds,
      milliseconds: { p50: latency.p50, p90: latency.p90, p99: latency.p99, max: latency.max },
      residentBytes: { afterWarmUp: base?.bytes, end: last?.bytes, growth },
      deviceBytes: { afterWarmUp: base?.device, end: last?.device },
      exitStatus: status,
    },
    null,
    2,
  )}\n`,
);
process.exitCode = failed === 0 && growth <= GROWTH && status === 0 && answers > 0 ? 0 : 1;
