import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapterFixture } from "../testing/adapter-fixtures.ts";
import { loadAdapter } from "./load-adapter.ts";

const DATA = resolve(import.meta.dirname, "../../testdata/adapters/llama-8");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "papilio-adapter-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder with some files of the adapter of PEFT's LoRA. */
function folderOf(name: string, ...files: readonly string[]): string {
  const at = join(folder, name);
  mkdirSync(at);
  for (const file of files) copyFileSync(join(DATA, "peft-lora", file), join(at, file));
  return at;
}

describe("an adapter on the disk", () => {
  const model = adapterFixture("llama-8/peft-lora").model();

  it("is a folder of PEFT, the file in it, or a file of LyCORIS", async () => {
    const at = join(DATA, "peft-lora");
    const ofFolder = await loadAdapter(model, at);
    expect([ofFolder.name, ofFolder.format, ofFolder.types]).toEqual([
      "peft-lora",
      "peft",
      ["lora"],
    ]);
    expect(ofFolder.targets.map(({ name }) => name)).toEqual([
      "model.layers.0.self_attn.q_proj",
      "model.layers.0.mlp.down_proj",
    ]);
    const ofFile = await loadAdapter(model, join(at, "adapter_model.safetensors"), {
      name: "poems",
    });
    expect([ofFile.name, ofFile.format]).toEqual(["poems", "peft"]);
    const lycoris = await loadAdapter(model, join(DATA, "lycoris-boft/lycoris.safetensors"));
    expect([lycoris.name, lycoris.format, lycoris.types]).toEqual(["lycoris", "lycoris", ["boft"]]);
  });

  it("is refused where a part is missing, pickled or no JSON", async () => {
    const refused = (path: string, code: string, message: RegExp): Promise<void> =>
      expect(loadAdapter(model, path)).rejects.toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
    await refused(join(folder, "nowhere"), "ADAPTER_SOURCE", /nowhere/);
    await refused(folderOf("empty"), "ADAPTER_SOURCE", /adapter_config\.json/);
    const alone = folderOf("alone", "adapter_config.json");
    await refused(alone, "ADAPTER_SOURCE", /adapter_model\.safetensors/);
    writeFileSync(join(alone, "adapter_model.bin"), "PK");
    await refused(alone, "ADAPTER_UNSUPPORTED", /adapter_model\.bin/);
    const broken = folderOf("broken", "adapter_model.safetensors");
    writeFileSync(join(broken, "adapter_config.json"), "{");
    await refused(broken, "ADAPTER_SOURCE", /adapter_config\.json/);
    writeFileSync(join(broken, "adapter_config.json"), " ".repeat(2 ** 20 + 1));
    await refused(broken, "ADAPTER_SOURCE", /1048577 bytes/);
  });
});
