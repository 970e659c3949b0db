import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { expect, it } from "vitest";
import { ModelServer } from "./server.ts";
import { stories, vision } from "./testing/models.ts";

it("says so while the device is lost, and answers on another one", async () => {
  const opened: Gpu[] = [];
  // The second time, there is no device at first.
  let failures = 0;
  using server = await ModelServer.create({
    models: [stories(), vision()],
    openDevice: async () => {
      if (opened.length === 1 && failures++ === 0) throw new Error("not yet");
      const gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
      opened.push(gpu);
      return gpu;
    },
  });
  const ask = (path: string, body: object) =>
    server.fetch(
      new Request(`http://localhost${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
  const complete = () =>
    ask("/v1/completions", { model: "stories260K", prompt: "Once", temperature: 0, max_tokens: 4 });
  const infer = () =>
    ask("/v2/models/vision/infer", {
      inputs: [{ name: "images", datatype: "FP32", shape: [1, 3, 8, 8], data: Array(192).fill(1) }],
    });
  const health = async () =>
    (await server.fetch(new Request("http://localhost/v2/health/ready"))).status;
  const textOf = async (response: Response) =>
    ((await response.json()) as { choices: [{ text: string }] }).choices[0].text;
  const before = [await textOf(await complete()), await (await infer()).json()];
  expect(await health()).toBe(200);

  opened[0]?.device.destroy();
  await opened[0]?.lost;
  expect(await health()).toBe(503);
  const refused = await complete();
  expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "1"]);
  expect((await infer()).status).toBe(503);

  while ((await health()) !== 200) await sleep(20);
  expect(failures).toBe(2);
  expect([await textOf(await complete()), await (await infer()).json()]).toEqual(before);
  server.dispose();
  expect(opened.map(({ state }) => state)).toEqual(["disposed", "disposed"]);
});
