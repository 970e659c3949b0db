import { cpSync } from "node:fs";
import { expect, it } from "vitest";
import { writeVision } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { modelIdentity } from "./model-identity.ts";

const folder = temporaryFolder();

it("is the same for a copy of a model, and another for other weights, files or dtypes", async () => {
  const model = await writeVision(folder.at("model"));
  const [copy, other] = [folder.at("copy"), folder.at("other")];
  for (const to of [copy, other]) cpSync(model, to, { recursive: true });
  folder.write("copy/README.md", "not of the model");
  folder.write("other/preprocessor_config.json", "{}");
  const identities = [
    await modelIdentity(model, "f32"),
    await modelIdentity(other, "f32"),
    await modelIdentity(model, "f16"),
  ];
  const file = folder.at("model", "model.safetensors");
  expect(await modelIdentity(file, "f32")).toBe(identities[0]);
  expect(await modelIdentity(copy, "f32")).toBe(identities[0]);
  expect(new Set(identities).size).toBe(3);
  for (const identity of identities) expect(identity).toMatch(/^[0-9a-f]{32}$/);
});
