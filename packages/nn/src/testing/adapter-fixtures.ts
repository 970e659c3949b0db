import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readSafetensors } from "@papilio/butterfly/files";
import {
  type HuggingFaceModel,
  modelFromHuggingFace,
} from "../models/hugging-face/model-from-hugging-face.ts";
import {
  bertStateDict,
  gpt2StateDict,
  llamaStateDict,
  vitStateDict,
} from "../models/hugging-face/state-dicts.ts";
import { type StateDict, StoredTensor } from "../weights/stored-tensor.ts";

const FOLDER = resolve(import.meta.dirname, "../../testdata/adapters");

const CONVERT: Readonly<Record<string, (state: StateDict) => StateDict>> = {
  llama: (state) => llamaStateDict(state, { tiedHead: false }),
  gpt2: gpt2StateDict,
  vit: vitStateDict,
  bert: bertStateDict,
};

/** An adapter made by numpy, its files, and the merged weights by the names of the model's parameters. */
export interface AdapterFixture {
  /** Such as `gpt2-16/peft-lokr`. */
  readonly name: string;
  /** A model of its own for each call. */
  model(): HuggingFaceModel;
  files(): { readonly state: StateDict; readonly config?: unknown };
  expected(): StateDict;
}

/** All of testdata/adapters, which make.py makes. */
export function adapterFixtures(): AdapterFixture[] {
  const folders = readdirSync(FOLDER, { withFileTypes: true }).filter((one) => one.isDirectory());
  return folders.flatMap(({ name: model }) => {
    const base = join(FOLDER, model, "base");
    const kinds = readdirSync(join(FOLDER, model)).filter((name) => name !== "base");
    return kinds.map((kind) => {
      const at = join(FOLDER, model, kind);
      const isPeft = kind.startsWith("peft-");
      return {
        name: `${model}/${kind}`,
        model: () => modelFromHuggingFace(json(base, "config.json"), tensors(base, "model")),
        files: () =>
          isPeft
            ? { config: json(at, "adapter_config.json"), state: tensors(at, "adapter_model") }
            : { state: tensors(at, "lycoris") },
        expected: () =>
          (CONVERT[model.split("-")[0] as string] as (state: StateDict) => StateDict)(
            tensors(at, "expected"),
          ),
      };
    });
  });
}

/** One of {@link adapterFixtures}. */
export function adapterFixture(name: string): AdapterFixture {
  return adapterFixtures().find((one) => one.name === name) as AdapterFixture;
}

function json(folder: string, name: string): unknown {
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
}

function tensors(folder: string, name: string): StateDict {
  const bytes = new Uint8Array(readFileSync(join(folder, `${name}.safetensors`)));
  return new Map(
    [...readSafetensors(bytes).tensors].map(([name, tensor]) => [
      name,
      new StoredTensor({ ...tensor, name }, tensor.bytes.length, () => tensor.bytes),
    ]),
  );
}
