import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ModelServer } from "@papilio/server";
import OpenAI from "openai";
import { expect, it } from "vitest";
import { loadServedModel } from "../models/served-models.ts";
import { hasNatsServer, TestNatsServer } from "../testing/nats-server.ts";
import { hasEnded, signalGroup, startService, startWorker } from "../testing/process-group.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const STORIES = resolve(
  import.meta.dirname,
  "../../../../packages/nn/testdata/stories260K/stories260K.bin",
);
const SEEDS = 12;
const CLIENTS = 8;
const REQUESTS = 240;

const fields = (seed: number) => ({
  ...{ model: "stories260K", prompt: "Once upon", max_tokens: 20 + 25 * (seed % 5) },
  ...{ temperature: 0.9, seed },
});

/** Texts of the seeds, of one process. */
async function textsAlone(): Promise<string[]> {
  const flags = { adapter: "auto", backend: "cpu", dtype: "f32" };
  const model = await loadServedModel(STORIES, flags, new AbortController().signal);
  using server = await ModelServer.create({ models: [{ ...model, reproducible: true }] });
  const texts: string[] = [];
  for (let seed = 0; seed < SEEDS; seed++) {
    const response = await server.fetch(
      new Request("http://localhost/v1/completions", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(fields(seed)),
      }),
    );
    const { choices } = (await response.json()) as { choices: [{ text: string }] };
    texts.push(choices[0].text);
  }
  return texts;
}

it.skipIf(!hasNatsServer)(
  "every live request has the answer of one process, though workers are killed and stopped, and the server restarts",
  async () => {
    const alone = await textsAlone();
    await using server = await TestNatsServer.start(folder.at("nats"));
    const nats = ["--nats", server.address];
    const workerFlags = [...nats, "--backend", "cpu", "--patience", "2s"];
    const workers = await Promise.all([0, 1, 2].map(() => startWorker(STORIES, ...workerFlags)));
    const [killed, paused] = workers as [ChildProcess, ChildProcess];
    const serve = ["serve", ...nats, "--port", "0", "--log", "error"];
    const { group: gateway, said: base } = await startService(serve, /http:\/\/\S+$/);
    const isReady = () => fetch(`${base}/v2/models/stories260K/ready`).then(({ ok }) => ok);
    while (!(await isReady())) await wait(100);

    const client = new OpenAI({ apiKey: "none", baseURL: `${base}/v1`, maxRetries: 0 });
    let asked = 0;
    let answered = 0;
    const ask = async (): Promise<void> => {
      for (let request = asked++; request < REQUESTS; request = asked++) {
        const given = fields(request % SEEDS);
        let text = "";
        if (request % 2 === 0) {
          for await (const { choices } of await client.completions.create({
            ...given,
            stream: true,
          })) {
            text += choices[0]?.text ?? "";
          }
        } else text = (await client.completions.create(given)).choices[0]?.text ?? "";
        expect(text, `request ${request}`).toBe(alone[request % SEEDS]);
        answered++;
      }
    };
    const done = new AbortController();
    const pausing = (async () => {
      while (!done.signal.aborted) {
        await wait(1000);
        signalGroup(paused, "SIGSTOP");
        await wait(3000);
        signalGroup(paused, "SIGCONT");
      }
    })();
    const upTo = async (count: number): Promise<void> => {
      while (answered < count) await wait(10);
    };
    try {
      const asking = Promise.all(Array.from({ length: CLIENTS }, ask));
      asking.catch(() => done.abort());
      const troubling = (async () => {
        await upTo(REQUESTS / 4);
        signalGroup(killed, "SIGKILL");
        await upTo(REQUESTS / 2);
        await server.stop("SIGKILL");
        await wait(500);
        await server.start();
      })();
      await asking;
      await troubling;
      expect(answered).toBe(REQUESTS);
    } finally {
      done.abort();
      await pausing;
      const all = [...workers, gateway];
      const exits = all.map((child) => (hasEnded(child) ? undefined : once(child, "exit")));
      for (const child of all) signalGroup(child, "SIGTERM");
      await Promise.all(exits);
    }
    // Those that were stopped ended by themselves.
    expect([...workers.slice(1), gateway].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  },
  300_000,
);
