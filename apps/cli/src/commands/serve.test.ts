import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { expect, it } from "vitest";
import { Interruption } from "../process/interruption.ts";
import { papilioUntil, refusal } from "../testing/command-line.ts";
import { TOKENIZER, writeLlama, writeSentence, writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const stories = resolve(
  import.meta.dirname,
  "../../../../packages/nn/testdata/stories260K/stories260K.bin",
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

it("serves several models until it is stopped, and ends with status 0", async () => {
  await writeSentence(folder.at("bert"));
  folder.write("bert/tokenizer.json", JSON.stringify(TOKENIZER));
  await writeVision(folder.at("vit"));
  await writeLlama(folder.at("llama"));
  const template = "{{ bos_token }} {{ messages[0].content }}";
  const config = { bos_token: "<s>", chat_template: template };
  folder.write("llama/tokenizer_config.json", JSON.stringify(config));
  const port = await freePort();
  const interruption = new Interruption();
  const models = [stories, `small=${folder.at("llama")}`, folder.at("bert"), folder.at("vit")];
  const flags = [
    "--port",
    String(port),
    "--api-key",
    "sk-1",
    "--backend",
    "cpu",
    "--log",
    "silent",
  ];
  const served = papilioUntil(interruption, "serve", ...models, ...flags);
  const base = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${base}/v2/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await sleep(20);

  const client = new OpenAI({ apiKey: "sk-1", baseURL: `${base}/v1`, maxRetries: 0 });
  const names = (await client.models.list()).data.map(({ id }) => id);
  expect(names).toEqual(["stories260K", "small", "bert", "vit"]);
  const story = await client.completions.create({
    model: "stories260K",
    prompt: "",
    temperature: 0,
    max_tokens: 10,
  });
  expect(story.choices[0]?.text).toMatch(/^Once upon a time/);
  const chat = await client.chat.completions.create({
    model: "small",
    messages: [{ role: "user", content: "a b" }],
    max_tokens: 4,
  });
  expect(chat.usage?.prompt_tokens).toBe(3);
  const { data } = await client.embeddings.create({ model: "bert", input: "a b c" });
  expect(data[0]?.embedding).toHaveLength(8);
  const vision = await fetch(`${base}/v2/models/vit`, {
    headers: { Authorization: "Bearer sk-1" },
  });
  expect(await vision.json()).toMatchObject({ inputs: [{ shape: [-1, 3, 8, 8] }] });

  const under = await client.completions.create({
    model: "stories260K",
    prompt: "Once",
    max_tokens: 30,
    stream: true,
  });
  interruption.interrupt();
  let last: string | null | undefined;
  for await (const { choices } of under) last = choices[0]?.finish_reason;
  expect(last).toMatch(/length|stop/);
  const { status, stdout, stderr } = await served;
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  expect(stderr).toContain(`at ${base}`);
});

it("refuses what it cannot serve", async () => {
  const cases: [args: string[], code: string][] = [
    [[stories, stories], "SERVED_NAME"],
    [[stories, "--port", "70000"], "FLAG_INVALID"],
    [[stories, "--log", "all"], "FLAG_INVALID"],
    [[stories, "--api-key", "with spaces"], "OPTION_INVALID"],
    [[stories, `x=${stories}`, "--tokenizer", "tok512.bin"], "FLAG_INVALID"],
    [[folder.at("nothing")], "INPUT_UNREADABLE"],
  ];
  for (const [args, code] of cases) {
    const { status, line } = await refusal("serve", ...args, "--backend", "cpu");
    expect([status, line]).toEqual([2, expect.stringContaining(`error ${code}:`)]);
  }
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const taken = await refusal("serve", stories, "--port", String(port), "--backend", "cpu");
  expect([taken.status, taken.line]).toEqual([1, expect.stringContaining("LISTEN_FAILED")]);
  server.close();
});
