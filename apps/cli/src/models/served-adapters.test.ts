import { join } from "node:path";
import { modelFromHuggingFace } from "@papilio/nn";
import { loadStateDict } from "@papilio/nn/node";
import { expect, it } from "vitest";
import { readConfig } from "./model-folder.ts";
import { servedChoices, withServedAdapters } from "./served-adapters.ts";

const data = join(import.meta.dirname, "../../../../packages/nn/testdata/adapters");
const { signal } = new AbortController();
const path = join(data, "llama-8/peft-lora");

async function servedModel(name: string, folder: string) {
  const base = join(data, folder, "base");
  return { name, model: modelFromHuggingFace(await readConfig(base), await loadStateDict(base)) };
}

it("takes names of adapters, of a model where there are several, paths and scales", async () => {
  expect(await servedChoices([`poems=${path}`, `llama:rhymes=${path}=0.5`])).toEqual([
    { model: undefined, name: "poems", path, scale: 1 },
    { model: "llama", name: "rhymes", path, scale: 0.5 },
  ]);
  for (const text of [path, `=${path}`, "C:\\poems", "C:\\poems=0.5"]) {
    await expect(servedChoices([text])).rejects.toMatchObject({ code: "FLAG_INVALID" });
  }
  await expect(servedChoices(["poems=C:\\poems=0.5"])).rejects.toMatchObject({
    code: "INPUT_UNREADABLE",
    message: expect.stringContaining("at C:\\poems:"),
  });
});

it("gives each model its adapters, and refuses those of none", async () => {
  const models = [await servedModel("llama", "llama-8"), await servedModel("vit", "vit-8")];
  const texts = [`llama:poems=${path}`, `llama:rhymes=${path}=0.5`];
  const [llama, vit] = await withServedAdapters(models, await servedChoices(texts), signal);
  expect(Object.keys(llama?.adapters ?? {})).toEqual(["poems", "rhymes"]);
  expect(vit?.adapters).toEqual({});
  const [alone] = await withServedAdapters(
    models.slice(0, 1),
    await servedChoices([`poems=${path}`]),
    signal,
  );
  expect(Object.keys(alone?.adapters ?? {})).toEqual(["poems"]);
  const wrong = [`poems=${path}`, `vit:poems=${path}`, `gpt2:poems=${path}`];
  for (const text of [...wrong.map((one) => [one]), [...texts, texts[0] as string]]) {
    const choices = await servedChoices(text);
    await expect(withServedAdapters(models, choices, signal)).rejects.toMatchObject({
      code: "FLAG_INVALID",
    });
  }
});
