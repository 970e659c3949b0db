import { readFileSync } from "node:fs";
import { join } from "node:path";
import { npyValues, readNpy, writeNpy } from "@papilio/butterfly/files";
import { uniform } from "@papilio/butterfly/numeric";
import { CpuModel } from "@papilio/nn/backends";
import { beforeAll, describe, expect, it } from "vitest";
import { deviceFlags, papilio } from "../testing/command-line.ts";
import {
  sentenceModel,
  visionModel,
  writeLlama,
  writeSentence,
  writeVision,
} from "../testing/model-folders.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

const IMAGES = 10;
const PIXELS = 3 * 8 * 8;
const images = Float32Array.from({ length: IMAGES * PIXELS }, uniform(1));

function numbersOf(path: string): { shape: readonly number[]; values: Float32Array } {
  const npy = readNpy(readFileSync(path));
  return { shape: npy.shape, values: npyValues(npy, "float32") as Float32Array };
}

/** Of numbers around 1 that float32 has been through a few tens of times. */
const TOLERANCE = 1e-5;

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < actual.length; index++) {
    expect(Math.abs((actual[index] as number) - (expected[index] as number))).toBeLessThan(
      TOLERANCE,
    );
  }
}

let vision: string;
let sentence: string;
let llama: string;
let npy: string;
beforeAll(async () => {
  vision = await writeVision(folder.at("vision"));
  sentence = await writeSentence(folder.at("sentence"));
  llama = await writeLlama(folder.at("llama"));
  npy = folder.write("images.npy", writeNpy(images, [IMAGES, 3, 8, 8]));
});

function visionLogits(): Float32Array {
  const graph = visionModel().trace({ images: IMAGES });
  return new CpuModel(graph).runNow({ images }).logits as Float32Array;
}

describe("papilio run", () => {
  it.each([
    ["the CPU", ["--backend", "cpu"]],
    ["the adapter", deviceFlags],
  ])("writes what a vision transformer makes of images, on %s", async (_, flags) => {
    const out = folder.at("logits.npy");
    const weights = join(vision, "model.safetensors");
    const files = ["--input", `images=${npy}`, "--output", `logits=${out}`];
    const { status, stdout, stderr } = await papilio("run", weights, ...files, ...flags);
    expect(stderr).not.toContain("error");
    expect(status).toBe(0);
    expect(stdout).toContain(out);
    const { shape, values } = numbersOf(out);
    expect(shape).toEqual([IMAGES, 5]);
    expectClose(values, visionLogits());
  });

  it("tunes nothing on the CPU, and says so", async () => {
    const inputs = ["--input", `images=${npy}`, "--backend", "cpu"];
    const { status, stderr } = await papilio("run", vision, ...inputs, "--tune");
    expect(status).toBe(0);
    expect(stderr).toContain("Nothing is tuned on the CPU.");
  });

  it("makes vectors of sentences, shorter ones padded", async () => {
    const out = folder.at("embeddings.npy");
    const ids = folder.write("ids.csv", "1,2,3,4\n5,6,0,0\n");
    const lengths = folder.write("lengths.csv", "4\n2\n");
    const inputs = ["--input", `ids=${ids}`, "--input", `lengths=${lengths}`];
    const { status } = await papilio(
      "run",
      sentence,
      ...inputs,
      "--output",
      `embeddings=${out}`,
      "--backend",
      "cpu",
    );
    expect(status).toBe(0);
    const graph = sentenceModel().trace({ sequences: 2, tokens: 4 });
    const right = new CpuModel(graph).runNow({
      ids: Uint32Array.of(1, 2, 3, 4, 5, 6, 0, 0),
      lengths: Uint32Array.of(4, 2),
    });
    expectClose(numbersOf(out).values, right.embeddings as Float32Array);
    // Without lengths, the padding counts.
    await papilio(
      "run",
      sentence,
      "--input",
      `ids=${ids}`,
      "--output",
      `embeddings=${out}`,
      "--backend",
      "cpu",
    );
    const padded = numbersOf(out).values;
    const whole = right.embeddings as Float32Array;
    expectClose(padded.slice(0, 8), whole.slice(0, 8));
    expect(() => expectClose(padded.slice(8), whole.slice(8))).toThrow();
  });

  it("prints the plan and what came out as JSON", async () => {
    const ids = folder.write("one.csv", "1,2,3");
    const input = ["--input", `ids=${ids}`];
    for (const where of [deviceFlags, ["--backend", "cpu"]]) {
      const { status, stdout } = await papilio(
        "run",
        llama,
        ...input,
        "--plan",
        "--json",
        ...where,
      );
      expect(status).toBe(0);
      const reported = JSON.parse(stdout) as { plan: string; outputs: unknown; dtype: string };
      expect(reported).toMatchObject({
        dtype: "f32",
        outputs: { logits: { shape: [3, 8], file: null } },
      });
      expect(reported.plan).toMatch(/attention +model\.layers\.0\.self_attn +3 x 8/);
      expect(reported.plan).toContain("dispatches, ");
    }
  });
});

describe("papilio classify", () => {
  interface Reported {
    readonly images: readonly {
      readonly image: number;
      readonly classes: readonly { class: number; label: string; probability: number }[];
    }[];
  }

  it.each([
    ["the CPU", ["--backend", "cpu"]],
    ["the adapter", deviceFlags],
  ])("names the most likely classes of each image, on %s", async (_, flags) => {
    const one = folder.write("one.npy", writeNpy(images.slice(0, PIXELS), [3, 8, 8]));
    const line = folder.write("line.csv", images.slice(PIXELS, 2 * PIXELS).join());
    const inputs = [npy, one, line].flatMap((path) => ["--input", path]);
    const classify = ["classify", vision, ...inputs, "--top-k", "5", "--json", ...flags];
    const { status, stdout } = await papilio(...classify);
    expect(status).toBe(0);
    const reported = (JSON.parse(stdout) as Reported).images;
    expect(reported.map(({ image }) => image)).toEqual([...Array(IMAGES).keys(), 0, 0]);
    const logits = visionLogits();
    const labels = ["ant", "bee", "cat", "dog", ""];
    for (const [index, { classes }] of reported.entries()) {
      const image = index < IMAGES ? index : index - IMAGES;
      const own = [...logits.slice(5 * image, 5 * image + 5)];
      const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
      const probabilities = classes.map(({ probability }) => probability);
      expect(probabilities).toEqual(probabilities.toSorted((p, q) => q - p));
      expectClose(
        probabilities,
        classes.map((guess) => Math.exp(own[guess.class] as number) / total),
      );
      expect(classes.map(({ label }) => label)).toEqual(
        classes.map((guess) => labels[guess.class]),
      );
      expect(new Set(classes.map((guess) => guess.class)).size).toBe(5);
    }
  });

  it("prints a table, and refuses channels at the end and models of text", async () => {
    const { status, stdout } = await papilio(
      "classify",
      vision,
      "--input",
      npy,
      "--top-k",
      "1",
      "--backend",
      "cpu",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/images\.npy +│ 0 +│ \d +│ \w* +│ 0\.\d{4}/);
    const last = folder.write("last.npy", writeNpy(images, [IMAGES, 8, 8, 3]));
    const wrong = await papilio("classify", vision, "--input", last, "--backend", "cpu");
    expect(wrong.stderr).toContain("papilio: error INPUT_SHAPE: ");
    expect(wrong.stderr).toContain("[10, 8, 8, 3], and the model takes images of [3, 8, 8]");
    expect(wrong.status).toBe(2);
    const doubles = Float64Array.from(images).fill(1e39, 3, 4);
    const beyond = folder.write("beyond.npy", writeNpy(doubles, [IMAGES, 3, 8, 8]));
    const far = await papilio("classify", vision, "--input", beyond, "--backend", "cpu");
    expect(far.stderr).toContain("papilio: error VALUE_RANGE: ");
    expect(far.status).toBe(2);
    const text = await papilio("classify", llama, "--input", npy, "--backend", "cpu");
    expect(text.stderr).toContain("papilio: error MODEL_KIND: ");
    expect(text.status).toBe(2);
  });
});
