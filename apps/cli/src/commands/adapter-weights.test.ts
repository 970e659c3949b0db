import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  npyValues,
  readNpy,
  readSafetensors,
  toReal,
  writeNpy,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { beforeAll, describe, expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { TOKENIZER } from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const data = join(import.meta.dirname, "../../../../packages/nn/testdata/adapters");
const folder = temporaryFolder();

/** The path of an adapter, as a flag. */
const adapter = (model: string, kind: string, scale: string = ""): string[] => {
  const file = kind.startsWith("lycoris") ? "lycoris.safetensors" : "";
  return ["--adapter-weights", join(data, model, kind, file) + scale];
};

/** A folder with a model's own weights, and those in their places that numpy merged. */
function mergedByNumpy(model: string, kind: string): string {
  const at = folder.at(`${model}-${kind}`);
  cpSync(join(data, model, "base"), at, { recursive: true });
  const tensorsOf = (path: string) =>
    readSafetensors(readFileSync(join(data, model, path))).tensors;
  const all = new Map([
    ...tensorsOf("base/model.safetensors"),
    ...tensorsOf(`${kind}/expected.safetensors`),
  ]);
  const written = [...all].map(([name, tensor]) => ({
    name,
    dtype: "F32" as const,
    shape: tensor.shape,
    values: toReal(tensor, "float32"),
  }));
  writeFileSync(join(at, "model.safetensors"), writeSafetensors(written));
  return at;
}

let files: Readonly<Record<string, { readonly input: string; readonly output: string }>>;
beforeAll(() => {
  const ids = folder.write("ids.csv", "1,2,3,4\n5,6,0,7\n");
  const pixels = Float32Array.from({ length: 32 }, (_, index) => Math.sin(index * index));
  const images = folder.write("images.npy", writeNpy(pixels, [2, 1, 4, 4]));
  files = {
    llama: { input: `ids=${ids}`, output: "logits" },
    gpt2: { input: `ids=${ids}`, output: "logits" },
    vit: { input: `images=${images}`, output: "logits" },
    bert: { input: `ids=${ids}`, output: "embeddings" },
  };
});

/** What `papilio run` computes of some inputs. */
async function outputOf(path: string, kind: string, ...flags: readonly string[]) {
  const { input, output } = files[kind] as { input: string; output: string };
  const out = folder.at("out.npy");
  const where = ["--output", `${output}=${out}`, "--force", "--backend", "cpu"];
  const { status, stderr } = await papilio("run", path, "--input", input, ...where, ...flags);
  expect(status, stderr).toBe(0);
  return npyValues(readNpy(readFileSync(out)), "float64") as Float64Array;
}

/** Of outputs around 1 and 10 of a layer, whose weights may differ by a rounding to float32. */
const TOLERANCE = 1e-5;

function expectClose(actual: Float64Array, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const distances = actual.map((value, index) => Math.abs(value - (expected[index] as number)));
  expect(distances.findIndex((distance) => !(distance <= TOLERANCE))).toBe(-1);
}

describe("papilio run --adapter-weights", () => {
  it.each([
    ["llama-8", "peft-dora"],
    ["gpt2-16", "peft-boft"],
    ["vit-16", "peft-oft"],
    ["bert-8", "lycoris-lokr"],
  ])(
    "computes with %s and its %s what the weights that numpy merged compute",
    async (model, kind) => {
      const type = model.split("-")[0] as string;
      const base = join(data, model, "base");
      const expected = await outputOf(mergedByNumpy(model, kind), type);
      expectClose(await outputOf(base, type, ...adapter(model, kind)), expected);
      const merged = await outputOf(base, type, ...adapter(model, kind), "--merge-adapters");
      expectClose(merged, expected);
      const without = await outputOf(base, type);
      expect(without).not.toEqual(expected);
      expect(await outputOf(base, type, ...adapter(model, kind, "=0"))).toEqual(without);
    },
  );

  it("adds several adapters, each by its scale", async () => {
    const base = join(data, "llama-8/base");
    const halves = ["=0.25", "=75e-2"].flatMap((scale) => adapter("llama-8", "peft-lora", scale));
    const both = await outputOf(base, "llama", ...halves);
    expectClose(both, await outputOf(base, "llama", ...adapter("llama-8", "peft-lora")));
  });

  it("refuses an adapter of another model, and one beside a job", async () => {
    const { input } = files.llama as { input: string };
    const wrong = ["run", join(data, "llama-8/base"), "--input", input, "--backend", "cpu"];
    const other = await papilio(...wrong, ...adapter("llama-16", "peft-lora"));
    expect(other.stderr).toContain("ADAPTER_INVALID");
    expect(other.status).toBe(2);
    const job = await papilio(...wrong, ...adapter("llama-8", "peft-lora"), "--nats", "nats://x");
    expect(job.stderr).toContain("FLAG_INVALID");
  });
});

describe("--adapter-weights of other commands", () => {
  it("continues and classifies with the weights that numpy merged", async () => {
    const merged = mergedByNumpy("llama-16", "peft-lora");
    const base = folder.at("llama");
    mkdirSync(base);
    for (const file of ["config.json", "model.safetensors"]) {
      copyFileSync(join(data, "llama-16/base", file), join(base, file));
    }
    for (const at of [merged, base]) {
      writeFileSync(join(at, "tokenizer.json"), JSON.stringify(TOKENIZER));
    }
    const flags = ["--prompt", "a b", "--max-tokens", "5", "--backend", "cpu", "--json"];
    const generated = async (path: string, ...others: readonly string[]): Promise<number[]> => {
      const { status, stdout, stderr } = await papilio("generate", path, ...flags, ...others);
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout).ids as number[];
    };
    const expected = await generated(merged);
    expect(await generated(base, ...adapter("llama-16", "peft-lora"))).toEqual(expected);
    expect(await generated(base)).not.toEqual(expected);

    const input = (files.vit as { input: string }).input.replace("images=", "");
    const classified = async (path: string, ...others: readonly string[]) => {
      const given = ["--input", input, "--backend", "cpu", "--json", ...others];
      const { status, stdout, stderr } = await papilio("classify", path, ...given);
      expect(status, stderr).toBe(0);
      const { images } = JSON.parse(stdout) as {
        images: { classes: { class: number; probability: number }[] }[];
      };
      return Float64Array.from(
        images.flatMap(({ classes }) =>
          classes.toSorted((p, q) => p.class - q.class).map(({ probability }) => probability),
        ),
      );
    };
    const probabilities = await classified(mergedByNumpy("vit-8", "peft-loha"));
    const path = join(data, "vit-8/base");
    expectClose(await classified(path, ...adapter("vit-8", "peft-loha")), probabilities);
    expect(await classified(path)).not.toEqual(probabilities);
  });

  it("classifies by the head of an adapter, of another number of classes, without the model's labels", async () => {
    const base = folder.at("headless");
    cpSync(join(data, "vit-8/base"), base, { recursive: true });
    const config = JSON.parse(readFileSync(join(base, "config.json"), "utf8"));
    const labels = { 0: "ant", 1: "bee", 2: "cat" };
    writeFileSync(join(base, "config.json"), JSON.stringify({ ...config, id2label: labels }));
    const flowers = folder.at("flowers");
    cpSync(join(data, "vit-8/peft-lora"), flowers, { recursive: true });
    const file = join(flowers, "adapter_model.safetensors");
    // A head that knows two classes, the second by its bias alone.
    const tensors = [...readSafetensors(readFileSync(file)).tensors].map(([name, tensor]) => {
      const [, part] = /classifier\.(weight|bias)$/.exec(name) ?? [];
      const values = toReal(tensor, "float32");
      if (part === undefined) return { name, dtype: "F32" as const, shape: tensor.shape, values };
      return part === "weight"
        ? { name, dtype: "F32" as const, shape: [2, 8], values: new Float32Array(16) }
        : { name, dtype: "F32" as const, shape: [2], values: Float32Array.of(0, Math.log(3)) };
    });
    writeFileSync(file, writeSafetensors(tensors));
    const input = (files.vit as { input: string }).input.replace("images=", "");
    const classified = async (...flags: readonly string[]) => {
      const given = ["--input", input, "--backend", "cpu", "--json", ...flags];
      const { status, stdout, stderr } = await papilio("classify", base, ...given);
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout).images[0].classes as { label: string; probability: number }[];
    };
    const adapted = await classified("--adapter-weights", flowers);
    expect(adapted).toEqual([
      { class: 1, label: "", probability: expect.closeTo(0.75, 6) },
      { class: 0, label: "", probability: expect.closeTo(0.25, 6) },
    ]);
    const own = await classified();
    expect(own.map(({ label }) => label).toSorted()).toEqual(["ant", "bee", "cat"]);
    // The fixture's own adapter has as many classes as there are labels.
    const same = await classified(...adapter("vit-8", "peft-lora"));
    expect(same.map(({ label }) => label).toSorted()).toEqual(["ant", "bee", "cat"]);
  });
});
