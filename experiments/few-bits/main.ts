/**
 * What weights of few bits do to the accuracy of trained models, with plain and structured rounding.
 *
 *     pnpm experiment:few-bits --shakespeare-dense FOLDER --digits-dense FOLDER
 *     pnpm experiment:few-bits --factorized
 *
 * Twins with dense layers are trained first, as apps/docs/public/models/README.txt says, with --linear dense; one
 * that is not given is left out. With --factorized, matrices that were factorized instead. Writes one part of
 * results/few-bits-accuracy.json, and results/few-bits-accuracy.md of both.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { FEW_BITS } from "@papilio/butterfly/numeric";
import { roundFactorized } from "./factorized.ts";
import { type FewBitsResults, fewBitsReport, type Row } from "./report.ts";
import { type Dtype, matricesOf, type Rounding, roundModel } from "./round-model.ts";
import { SUBJECTS } from "./subjects.ts";

const { values: flags } = parseArgs({
  options: {
    "shakespeare-dense": { type: "string" },
    "digits-dense": { type: "string" },
    factorized: { type: "boolean" },
  },
});
const ROUNDINGS: readonly Rounding[] = ["plain", "structured", "calibrated"];
const CHOICES: readonly (readonly [Dtype, Rounding])[] = [
  ["f32", "plain"],
  ["f16", "plain"],
  ...FEW_BITS.flatMap((dtype) => ROUNDINGS.map((rounding) => [dtype, rounding] as const)),
];

const out = join(import.meta.dirname, "../../results/few-bits-accuracy");
const { factorized, ...folders } = flags;
const before: FewBitsResults = JSON.parse(readFileSync(`${out}.json`, "utf8"));
const made = { date: new Date().toISOString(), node: process.version };
if (factorized) {
  const command = "pnpm experiment:few-bits --factorized";
  write({ ...before, factorized: { command, ...made, rows: await roundFactorized() } });
} else {
  const command = [
    "pnpm experiment:few-bits",
    ...Object.keys(folders).map((name) => `--${name} FOLDER`),
  ].join(" ");
  write({ ...before, command, ...made, subjects: await roundSubjects() });
}

async function roundSubjects(): Promise<FewBitsResults["subjects"]> {
  const subjects: FewBitsResults["subjects"][number][] = [];
  for (const [name, load] of Object.entries(SUBJECTS)) {
    const folder = folders[name as keyof typeof folders];
    if (name.endsWith("-dense") && folder === undefined) {
      console.error(`${name} is left out: train it, and give --${name} FOLDER.`);
      continue;
    }
    using subject = await load(folder ?? "");
    const { description, model, moments } = subject;
    const matrices = matricesOf(model);
    const rows: Row[] = [];
    for (const [dtype, rounding] of CHOICES) {
      const { bytes, error } = await roundModel(matrices, dtype, rounding, moments);
      const { loss, accuracy = Number.NaN } = await subject.evaluate();
      rows.push({ dtype, rounding, bytes, error, loss, accuracy });
      console.error(`${name} ${dtype} ${rounding}: loss ${loss}, accuracy ${accuracy}, ${error}`);
    }
    subjects.push({
      name,
      description,
      metric: name.startsWith("digits") ? "accuracy" : "loss",
      rows,
    });
  }
  return subjects;
}

function write(results: FewBitsResults): void {
  writeFileSync(`${out}.json`, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(`${out}.md`, fewBitsReport(results));
}
