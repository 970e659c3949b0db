import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();
const repository = resolve(import.meta.dirname, "../../../..");
const model = (name: string): string => resolve(repository, "apps/docs/public/models", name);

it("the model of Shakespeare's plays continues a text as NumPy does", async () => {
  // By apps/docs/src/testing/continue-text.py, which takes the likeliest character each time.
  const text = "I will not the";
  const flags = ["--prompt", "ROMEO:\n", "--max-tokens", `${text.length}`, "--temperature", "0"];
  const { status, stdout, stderr } = await papilio(
    ...["generate", model("shakespeare"), ...flags, "--backend", "cpu"],
  );
  expect(status, stderr).toBe(0);
  expect(stdout).toContain(text);
});

it("the model of digits knows most of them", async () => {
  const digits = resolve(repository, "packages/nn/testdata/digits/digits.csv.gz");
  const lines = gunzipSync(readFileSync(digits)).toString().trim().split("\n");
  const some = lines.slice(0, 100).map((line) => line.split(",").map(Number));
  const pixels = some.map((line) => line.slice(0, 64).map((pixel) => pixel / 16));
  const input = folder.write("pixels.csv", pixels.join("\n"));
  const { status, stdout, stderr } = await papilio(
    ...["classify", model("digits"), "--input", input, "--backend", "cpu", "--json"],
  );
  expect(status, stderr).toBe(0);
  const { images } = JSON.parse(stdout) as { images: { classes: { class: number }[] }[] };
  const right = images.filter(({ classes }, at) => classes[0]?.class === some[at]?.[64]);
  expect(images.length).toBe(100);
  expect(right.length).toBeGreaterThan(90);
});
