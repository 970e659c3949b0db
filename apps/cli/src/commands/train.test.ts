import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { loadStateDict } from "@papilio/nn/node";
import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { Interruption } from "../process/interruption.ts";
import { papilio, papilioUntil, refusal } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const text = folder.write("text.txt", "the quick brown fox jumps over the lazy dog. ".repeat(30));
const small = [
  "--layers",
  "1",
  "--features",
  "16",
  "--heads",
  "2",
  "--context",
  "8",
  "--batch",
  "4",
];
const onText = (out: string, ...more: string[]): string[] => [
  ...["train", text, "--model", "gpt2", ...small, "--out", folder.at(out), ...more],
];
const bytes = (...names: string[]): Buffer => readFileSync(folder.at(...names));

describe("papilio train on a text", () => {
  it("writes a model that generates, and a line for each step", async () => {
    const metrics = folder.at("metrics.jsonl");
    const { status, stdout, stderr } = await papilio(
      ...onText(
        "text",
        "--steps",
        "120",
        "--rate",
        "0.01",
        "--evaluate-every",
        "60",
        "--metrics",
        metrics,
        "--json",
      ),
    );
    expect(status, stderr).toBe(0);
    const lines = readFileSync(metrics, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ step }) => step)).toEqual([...Array(120).keys()]);
    expect(lines.flatMap(({ step, validation }) => (validation ? [step] : []))).toEqual([59, 119]);
    // As likely as each other at first: 28 characters.
    expect(Math.abs(lines[0].loss - Math.log(28))).toBeLessThan(0.5);
    expect(lines.at(-1).loss).toBeLessThan(2);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ steps: 120, loss: lines.at(-1).loss });
    expect(result.validation).toEqual(lines.at(-1).validation);
    expect(stderr).toMatch(/^60 of 120 steps, loss .*, rate .*, validation .*, about .* left$/m);
    const weights = await loadStateDict(folder.at("text"));
    expect(weights.has("h.0.attn.q_proj.factors.1")).toBe(true);
    const flags = ["--backend", "cpu", "--temperature", "0", "--max-tokens", "4", "--json"];
    const said = await papilio("generate", folder.at("text"), "--prompt", "the", ...flags);
    expect(said.status, said.stderr).toBe(0);
  });

  it("goes on from where it was stopped, bit by bit, and replaces nothing else", async () => {
    const flags = [
      "--steps",
      "40",
      "--keep-every",
      "5",
      "--evaluate-every",
      "7",
      "--accumulate",
      "2",
    ];
    const through = await papilio(
      ...onText("through", ...flags, "--metrics", folder.at("a.jsonl")),
    );
    expect(through.status, through.stderr).toBe(0);
    const more = onText("stopped", ...flags, "--metrics", folder.at("b.jsonl"));
    const interruption = new Interruption();
    const running = papilioUntil(interruption, ...more);
    const lines = folder.at("b.jsonl");
    while (!existsSync(lines) || readFileSync(lines, "utf8") === "") await sleep(1);
    interruption.interrupt();
    const stopped = await running;
    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toMatch(/Stopped after step \d+; the checkpoint has \d+\./);
    // As a process that was killed leaves it: steps that the checkpoint does not have, and half a line.
    const kept = readFileSync(folder.at("b.jsonl"), "utf8");
    const steps = kept.split("\n").length - 1;
    expect(steps).toBeLessThan(40);
    writeFileSync(
      folder.at("b.jsonl"),
      `${kept}{"step":${steps},"loss":9}\n{"step":${steps + 1},"lo`,
    );
    expect((await refusal(...more)).line).toContain("OUTPUT_EXISTS");
    const other = await refusal(...more, "--resume", "--rate", "0.5");
    expect(other).toMatchObject({ status: 2, line: expect.stringContaining("TRAINING_OTHER_RUN") });
    const resumed = await papilio(...more, "--resume");
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(
      bytes("stopped", "model.safetensors").equals(bytes("through", "model.safetensors")),
    ).toBe(true);
    expect(bytes("b.jsonl").toString()).toBe(bytes("a.jsonl").toString());
  });

  it("starts from a model whose dense layers it factorizes", async () => {
    const flags = ["--steps", "150", "--rate", "0.01", "--json"];
    const dense = await papilio(...onText("dense", ...flags, "--linear", "dense"));
    expect(dense.status, dense.stderr).toBe(0);
    const { loss } = JSON.parse(dense.stdout);
    const lines = folder.at("from.jsonl");
    const more = ["--steps", "2", "--rate", "0", "--metrics", lines, "--from", folder.at("dense")];
    const butterfly = await papilio(...onText("from", ...more));
    expect(butterfly.status, butterfly.stderr).toBe(0);
    expect(butterfly.stderr).toMatch(
      /Factorized 6 layers of .*: relative errors of 0\.\d+ to 0\.\d+\./,
    );
    const first = JSON.parse(readFileSync(lines, "utf8").split("\n")[0] as string);
    // Far better than to know nothing, and worse than the dense model.
    expect(first.loss).toBeLessThan(Math.log(28) - 0.3);
    expect(first.loss).toBeGreaterThan(loss);
    // Embeddings are not trained at a rate of 0, and are those of the other.
    const tables = ["dense", "from"].map(async (name) =>
      (await loadStateDict(folder.at(name))).get("wte.weight")?.toReal("float32"),
    );
    expect(await tables[0]).toEqual(await tables[1]);
    const other = await refusal(
      ...onText("wider", "--features", "32", "--from", folder.at("dense")),
    );
    expect(other.line).toContain("STATE_DICT_MISMATCH");
  });

  it("begins with orthogonal factors, and trains all of a product by one rate", async () => {
    const flags = ["--linear", "dyadic", "--factors", "orthogonal", "--steps", "1"];
    const start = await papilio(...onText("start", ...flags, "--rate", "0"));
    expect(start.status, start.stderr).toBe(0);
    const rates = ["--rate", "0.001", "--optimizer", "sgd", "--clip", "1"];
    const one = await papilio(...onText("one", ...flags, ...rates, "--one-rate"));
    expect(one.status, one.stderr).toBe(0);
    const each = await papilio(...onText("each", ...flags, ...rates));
    expect(each.status, each.stderr).toBe(0);
    const [before, by, other] = (await Promise.all(
      ["start", "one", "each"].map(async (name) => {
        const state = await loadStateDict(folder.at(name));
        return state.get("h.0.attn.q_proj.factors.0")?.toReal("float32") as Float32Array;
      }),
    )) as [Float32Array, Float32Array, Float32Array];
    // [1, 2, 2, d]: the two outputs of a block are orthogonal.
    const d = before.length / 4;
    for (let k = 0; k < d; k++) {
      const [p = 0, q = 0, r = 0, s = 0] = [0, 1, 2, 3].map((at) => before[at * d + k]);
      expect(Math.abs(p * r + q * s)).toBeLessThan(1e-6);
      expect(Math.abs(p * p + q * q - 1)).toBeLessThan(1e-6);
    }
    const moved = (to: Float32Array): number =>
      Math.hypot(...to.map((value, at) => value - (before[at] as number)));
    // A rate of each factor is that of all, times the inputs over twice the number of factors.
    const factors = Math.log2(2 * d);
    expect(moved(other) / moved(by)).toBeCloseTo((2 * d) / (2 * factors), 2);
    const both = await refusal(...onText("both", ...flags, "--from", folder.at("start")));
    expect(both.line).toContain("FLAG_INVALID");
  });

  it("stops where it diverges, with what was measured and the last good checkpoint", async () => {
    const flags = ["--optimizer", "sgd", "--rate", "1e6", "--steps", "50", "--keep-every", "1"];
    const metrics = ["--metrics", folder.at("bad.jsonl")];
    const { status, stderr } = await papilio(...onText("bad", ...flags, ...metrics));
    expect(status).toBe(1);
    expect(stderr).toContain("TRAINING_DIVERGED");
    const measured = bytes("bad.jsonl").toString().trimEnd().split("\n");
    expect(measured.length).toBeLessThan(50);
    expect(stderr).toContain(`The checkpoint of step ${measured.length} is in`);
    for (const tensor of (await loadStateDict(folder.at("bad"))).values()) {
      expect(tensor.toReal("float32").every(Number.isFinite)).toBe(true);
    }
  });
});

const vit = (data: string, out: string, ...more: string[]): string[] => [
  ...["train", data, "--model", "vit", ...small, "--out", folder.at(out), ...more],
];

describe("papilio train on images", () => {
  it("reads lines of pixels and a label, and classify reads the model", async () => {
    const file = resolve(
      import.meta.dirname,
      "../../../../packages/nn/testdata/digits/digits.csv.gz",
    );
    const lines = gunzipSync(readFileSync(file)).toString().trim().split("\n");
    const data = folder.write("digits.csv", `${lines.slice(0, 400).join("\n")}\n`);
    const flags = ["--batch", "32", "--steps", "200", "--rate", "0.01", "--json"];
    const { status, stdout, stderr } = await papilio(...vit(data, "digits", ...flags));
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout).validation.accuracy).toBeGreaterThan(0.6);
    const others = lines.slice(400, 430).map((line) => line.split(","));
    const input = folder.write(
      "others.csv",
      others.map((line) => line.slice(0, 64).join()).join("\n"),
    );
    const seen = await papilio(
      "classify",
      folder.at("digits"),
      "--input",
      input,
      "--backend",
      "cpu",
      "--json",
    );
    expect(seen.status, seen.stderr).toBe(0);
    const right = JSON.parse(seen.stdout).images.filter(
      ({ classes }: { classes: { class: number }[] }, at: number) =>
        `${classes[0]?.class}` === others[at]?.[64],
    );
    expect(right.length).toBeGreaterThan(15);
  });

  it("reads a folder of each class, whose names classify has", async () => {
    for (let at = 0; at < 6; at++) {
      for (const [name, channel] of [
        ["blue", 2],
        ["red", 0],
      ] as const) {
        const image = new PNG({ width: 8, height: 8 });
        image.data.fill(255);
        for (let pixel = 0; pixel < 64; pixel++) {
          for (const other of [0, 1, 2])
            image.data[4 * pixel + other] = other === channel ? 200 + at : at;
        }
        folder.write(`colors/${name}/${at}.png`, PNG.sync.write(image));
      }
    }
    const flags = [
      "--image-size",
      "8",
      "--steps",
      "30",
      "--flip",
      "--shift",
      "1",
      "--validation",
      "0",
    ];
    const { status, stderr } = await papilio(...vit(folder.at("colors"), "colors-vit", ...flags));
    expect(status, stderr).toBe(0);
    const input = folder.at("colors", "red", "3.png");
    const seen = await papilio(
      "classify",
      folder.at("colors-vit"),
      "--input",
      input,
      "--backend",
      "cpu",
      "--json",
    );
    expect(seen.status, seen.stderr).toBe(0);
    expect(JSON.parse(seen.stdout).images[0].classes[0].label).toBe("red");
  });

  it("reads IDX files, with the labels beside them", async () => {
    const header = (...sizes: number[]): number[] => [
      0,
      0,
      8,
      sizes.length,
      ...sizes.flatMap((size) => [0, 0, 0, size]),
    ];
    const pixels = Array.from({ length: 6 * 16 }, (_, at) => (Math.floor(at / 16) % 2) * 255);
    const data = folder.write(
      "x-images-idx3-ubyte",
      Uint8Array.from([...header(6, 4, 4), ...pixels]),
    );
    folder.write("x-labels-idx1-ubyte", Uint8Array.from([...header(6), 0, 1, 0, 1, 0, 1]));
    const others = ["--validation-data", data, "--steps", "30", "--json"];
    const { status, stdout, stderr } = await papilio(...vit(data, "idx", ...others));
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout).validation.accuracy).toBe(1);
    const labels = folder.write("short", Uint8Array.from([...header(2), 0, 1]));
    const { line } = await refusal(...vit(data, "idx2", "--labels", labels));
    expect(line).toContain("DATA_INVALID");
    expect(line).toContain("2 labels for 6 images");
  });
});

describe("papilio train refuses", () => {
  const cases: readonly [
    code: string,
    name: string,
    contents: string | Uint8Array,
    flags: readonly string[],
  ][] = [
    ["DATA_INVALID", "empty.txt", "", ["--model", "gpt2"]],
    ["OPTION_INVALID", "short.txt", "abc", ["--model", "gpt2"]],
    ["DATA_INVALID", "bytes.txt", Uint8Array.of(0xff, 0xfe, 0xfd), ["--model", "llama"]],
    ["DATA_INVALID", "five.csv", "1,2,3,4,0\n1,2,3,4,-1\n", ["--model", "vit"]],
    ["DATA_INVALID", "half.csv", "1,2,3,4,0.5\n", ["--model", "vit"]],
    ["DATA_INVALID", "many.csv", "1,2,3,4,1e300\n", ["--model", "vit"]],
    ["DATA_INVALID", "row.csv", "1,2,3\n", ["--model", "vit"]],
    [
      "DATA_INVALID",
      "huge-images-idx3",
      Uint8Array.of(0, 0, 8, 3, ...Array(12).fill(255)),
      ["--model", "vit"],
    ],
    ["FLAG_INVALID", "a.txt", "abc", ["--model", "resnet"]],
    ["FLAG_INVALID", "b.txt", "abc", ["--model", "gpt2", "--steps", "0"]],
    ["FLAG_INVALID", "c.txt", "abc", ["--model", "gpt2", "--warmup", "2000"]],
    ["FLAG_INVALID", "d.txt", "abc", ["--model", "gpt2", "--validation", "1"]],
    ["OPTION_INVALID", "e.txt", "abc", ["--model", "gpt2", "--linear", "sparse"]],
    ["CONFIG_INVALID", "f.txt", "abc", ["--model", "llama", "--heads", "3"]],
    ["INPUT_UNREADABLE", "", "", ["--model", "gpt2"]],
  ];
  it.each(cases)("%s: %s", async (code, name, contents, flags) => {
    const data = name === "" ? folder.at("nothing") : folder.write(name, contents);
    const { status, line } = await refusal("train", data, ...flags, "--out", folder.at("refused"));
    expect(status).toBe(2);
    expect(line).toContain(` ${code}: `);
    expect(existsSync(folder.at("refused"))).toBe(false);
  });

  it("a folder without classes, and data that it would replace", async () => {
    folder.write("single/only/1.png", "no image");
    expect((await refusal(...vit(folder.at("single"), "x"))).line).toContain("DATA_INVALID");
    const out = folder.at("own");
    const data = folder.write("own/config.json", "the quick brown fox. ".repeat(9));
    const flags = ["--model", "gpt2", ...small, "--out", out, "--force"];
    expect((await refusal("train", data, ...flags)).line).toContain("OUTPUT_IS_INPUT");
  });
});
