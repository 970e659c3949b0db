import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readArray } from "../models/array-file.ts";
import { Interruption } from "../process/interruption.ts";
import { papilio, papilioUntil, refusal } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const digits = gunzipSync(
  readFileSync(
    resolve(import.meta.dirname, "../../../../packages/nn/testdata/digits/digits.csv.gz"),
  ),
)
  .toString()
  .trim()
  .split("\n");
const pixels = Array.from({ length: 64 }, (_, at) => `p${at}`);
const digitsFile = folder.write(
  "digits.csv",
  `${[...pixels, "digit"].join()}\n${digits.join("\n")}\n`,
);

/** Prices that follow from a size and a kind, which has a comma in it. */
const KINDS = ["flat, small", "house", "barn"];
const houses = Array.from({ length: 120 }, (_, at) => {
  const size = 20 + ((at * 37) % 101);
  const kind = at % 3;
  return { size, kind: KINDS[kind] as string, price: 1000 * size + 5000 * kind + 0.5 };
});
const housesText = (cell = (at: number): string => String(houses[at]?.size)): string =>
  `size;kind;price\n${houses.map(({ kind, price }, at) => `${cell(at)};"${kind}";${price}`).join("\n")}\n`;
const housesFile = folder.write("houses.csv", housesText());
const small = ["--layers", "2", "--features", "32", "--batch", "16"];
const onHouses = (out: string, ...more: string[]): string[] => [
  ...["train", housesFile, "--target", "price", ...small, "--out", folder.at(out), ...more],
];
const weights = (out: string): Buffer => readFileSync(folder.at(out, "model.safetensors"));

/** The share of digits that the nearest mean of a class gets right, of each fifth by the others. */
function nearestMeans(): number {
  const rows = digits.map((line) => line.split(",").map(Number));
  let right = 0;
  for (let fold = 0; fold < 5; fold++) {
    const sums = Array.from({ length: 10 }, () => new Float64Array(65));
    for (const [at, row] of rows.entries()) {
      if (at % 5 === fold) continue;
      const sum = sums[row[64] as number] as Float64Array;
      for (let pixel = 0; pixel < 64; pixel++) sum[pixel] = Number(sum[pixel]) + Number(row[pixel]);
      sum[64] = Number(sum[64]) + 1;
    }
    for (const [at, row] of rows.entries()) {
      if (at % 5 !== fold) continue;
      const distances = sums.map((sum) =>
        sum
          .subarray(0, 64)
          .reduce(
            (all, value, pixel) => all + (value / Number(sum[64]) - Number(row[pixel])) ** 2,
            0,
          ),
      );
      if (distances.indexOf(Math.min(...distances)) === row[64]) right++;
    }
  }
  return right / rows.length;
}

describe("papilio train on a table", () => {
  it.each(["dense", "monarch"])(
    "learns digits with %s layers, better than nearest means do",
    async (linear) => {
      const out = folder.at(`digits-${linear}`);
      const flags = ["--linear", linear, "--layers", "2", "--features", "64", "--batch", "32"];
      const rest = ["--steps", "300", "--rate", "0.005", "--test", "0.3", "--json", "--out", out];
      const trained = await papilio("train", digitsFile, "--target", "digit", ...flags, ...rest);
      expect(trained.status, trained.stderr).toBe(0);
      const { test, validation } = JSON.parse(trained.stdout);
      expect(validation.accuracy).toBeGreaterThan(0.8);
      expect(test.accuracy).toBeGreaterThan(nearestMeans());
      const input = folder.write(
        "bare.csv",
        `${pixels.join()}\n${digits
          .slice(0, 40)
          .map((line) => line.slice(0, line.lastIndexOf(",")))
          .join("\n")}\n`,
      );
      const seen = await papilio(
        "classify",
        out,
        "--input",
        input,
        "--backend",
        "cpu",
        "--top-k",
        "1",
        "--json",
      );
      expect(seen.status, seen.stderr).toBe(0);
      const { rows } = JSON.parse(seen.stdout);
      expect(rows.map(({ row }: { row: number }) => row)).toEqual(
        Array.from({ length: 40 }, (_, at) => at + 1),
      );
      const labels = rows.map(({ classes }: { classes: { label: string }[] }) => classes[0]?.label);
      const right = labels.filter((label: string, at: number) => digits[at]?.endsWith(`,${label}`));
      expect(right.length).toBeGreaterThan(34);
      const output = folder.at(`${linear}.csv`);
      const run = await papilio(
        "run",
        out,
        "--input",
        `features=${input}`,
        "--backend",
        "cpu",
        "--output",
        `logits=${output}`,
      );
      expect(run.status, run.stderr).toBe(0);
      expect(readFileSync(output, "utf8")).toBe(`${["digit", ...labels].join("\n")}\n`);
    },
  );

  it("predicts numbers of numbers and texts, in their units", async () => {
    const flags = ["--steps", "400", "--rate", "0.01", "--json"];
    const trained = await papilio(...onHouses("houses", ...flags));
    expect(trained.status, trained.stderr).toBe(0);
    const { test } = JSON.parse(trained.stdout);
    expect(test).not.toHaveProperty("accuracy");
    expect(test.determination).toBeGreaterThan(0.95);
    const config = JSON.parse(readFileSync(folder.at("houses", "config.json"), "utf8"));
    expect(config).toMatchObject({ model_type: "mlp", inFeatures: 4 });
    const files = [folder.at("prices.csv"), folder.at("prices.npy")] as const;
    for (const file of files) {
      const input = `features=${housesFile}`;
      const run = await papilio(
        "run",
        folder.at("houses"),
        "--input",
        input,
        "--backend",
        "cpu",
        "--output",
        `prediction=${file}`,
      );
      expect(run.status, run.stderr).toBe(0);
    }
    const [name, ...prices] = readFileSync(files[0], "utf8").trim().split("\n");
    expect(name).toBe("price");
    const array = await readArray(files[1]);
    expect(array.shape).toEqual([120, 1]);
    expect(prices.map(Number)).toEqual([...array.values]);
    const errors = houses.map(({ price }, at) => Math.abs(Number(prices[at]) - price));
    expect(errors.reduce((sum, error) => sum + error, 0) / 120).toBeLessThan(6000);
    const classified = await refusal(
      "classify",
      folder.at("houses"),
      "--input",
      housesFile,
      "--backend",
      "cpu",
    );
    expect(classified).toMatchObject({ status: 2, line: expect.stringContaining("MODEL_KIND") });
  });

  it("goes on from where it was stopped, bit by bit", async () => {
    const run = ["--steps", "1000", "--keep-every", "50", "--evaluate-every", "70", "--metrics"];
    const lines = folder.at("b.jsonl");
    const through = await papilio(...onHouses("through", ...run, folder.at("a.jsonl")));
    expect(through.status, through.stderr).toBe(0);
    const more = onHouses("stopped", ...run, lines);
    const interruption = new Interruption();
    const running = papilioUntil(interruption, ...more);
    while (!existsSync(lines) || readFileSync(lines, "utf8") === "") await sleep(1);
    interruption.interrupt();
    const stopped = await running;
    expect(stopped.status).toBe(1);
    expect(stopped.stderr).toMatch(/Stopped after step \d+; the checkpoint has \d+\./);
    const resumed = await papilio(...more, "--resume");
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(weights("stopped").equals(weights("through"))).toBe(true);
    expect(readFileSync(lines, "utf8")).toBe(readFileSync(folder.at("a.jsonl"), "utf8"));
    const changed = await refusal(...more, "--resume", "--test", "0.2");
    expect(changed).toMatchObject({
      status: 2,
      line: expect.stringContaining("TRAINING_OTHER_RUN"),
    });
  });

  const wrong: readonly [name: string, code: string, text: string, ...flags: string[]][] = [
    ["no column of that name", "DATA_INVALID", housesText(), "--target", "cost"],
    [
      "a number that is missing",
      "DATA_INVALID",
      housesText((at) => (at === 4 ? "" : "7")),
      "--target",
      "price",
    ],
    ["lines of other lengths", "INPUT_SHAPE", "a,b\n1,2\n3\n", "--target", "b"],
    ["names alone", "DATA_INVALID", "a,b\n", "--target", "b"],
    ["two rows", "DATA_INVALID", "a,b\n1,2\n2,3\n", "--target", "b"],
    [
      "regression of texts",
      "DATA_INVALID",
      housesText(),
      "--target",
      "kind",
      "--task",
      "regression",
    ],
    ["a task that is none", "FLAG_INVALID", housesText(), "--target", "kind", "--task", "both"],
    [
      "a target with another model",
      "FLAG_INVALID",
      housesText(),
      "--target",
      "kind",
      "--model",
      "vit",
    ],
    ["neither model nor target", "FLAG_INVALID", housesText()],
    ["a table without a target", "FLAG_INVALID", housesText(), "--model", "mlp"],
    [
      "nothing to train on",
      "FLAG_INVALID",
      housesText(),
      "--target",
      "kind",
      "--test",
      "0.5",
      "--validation",
      "0.5",
    ],
    [
      "smoothing of numbers",
      "FLAG_INVALID",
      housesText(),
      "--target",
      "price",
      "--smoothing",
      "0.1",
    ],
  ];
  it.each(wrong)("refuses %s", async (_, code, text, ...flags) => {
    const data = folder.write("wrong.csv", text);
    const found = await refusal("train", data, ...flags, "--out", folder.at("refused"));
    expect(found).toMatchObject({ status: 2, line: expect.stringContaining(code) });
  });

  it("refuses inputs of a model that are not what it was trained on", async () => {
    const trained = await papilio(...onHouses("refusing", "--steps", "2"));
    expect(trained.status, trained.stderr).toBe(0);
    const model = folder.at("refusing");
    const missing = folder.write(
      "missing.csv",
      housesText((at) => (at === 4 ? "" : "7")),
    );
    const without = folder.write("without.csv", "kind\nbarn\n");
    for (const [code, ...flags] of [
      ["DATA_INVALID", "run", model, "--input", `features=${without}`],
      ["row 5", "run", model, "--input", `features=${missing}`],
      ["INPUT_MISSING", "run", model, "--input", `x=${housesFile}`],
      ["FLAG_INVALID", "classify", model],
      ["FLAG_INVALID", "classify", model, "--input", housesFile, "--input", missing],
    ] as const) {
      const { status, line } = await refusal(...flags, "--backend", "cpu");
      expect([flags, status, line]).toEqual([flags, 2, expect.stringContaining(code)]);
    }
  });
});
