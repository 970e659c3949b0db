/**
 * What weights of few bits do to the accuracy of trained models, with plain and structured rounding.
 *
 *     pnpm experiment:few-bits --shakespeare-dense FOLDER --digits-dense FOLDER
 *     pnpm experiment:few-bits --subject digits --trained --steps 500
 *     pnpm experiment:few-bits --subject stories260K --rotated
 *     pnpm experiment:few-bits --factorized
 *
 * Twins with dense layers are trained first, as apps/docs/public/models/README.txt says, with --linear dense; one
 * that is not given is left out. --subject and --dtype leave out others. With --trained, one model is trained after it was rounded;
 * with --rotated, the inputs of its dense layers are rotated before. With --factorized, matrices that were factorized
 * instead. Writes rows in place of those like them in results/few-bits-accuracy.json, and results/few-bits-accuracy.md of
 * all.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { FEW_BITS, type FewBits } from "@papilio/butterfly/numeric";
import { roundFactorized } from "./factorized.ts";
import { type FewBitsResults, fewBitsReport, type Row } from "./report.ts";
import {
  type Dtype,
  medianError,
  modelMatrices,
  type Rounding,
  roundModel,
} from "./round-model.ts";
import { SUBJECTS, type Subject } from "./subjects.ts";
import { trainRoundedModel } from "./train-rounded-model.ts";

const { values: flags } = parseArgs({
  options: {
    "shakespeare-dense": { type: "string" },
    "digits-dense": { type: "string" },
    subject: { type: "string" },
    trained: { type: "boolean" },
    rotated: { type: "boolean" },
    steps: { type: "string", default: "500" },
    dtype: { type: "string", multiple: true },
    factorized: { type: "boolean" },
  },
});
const ROUNDED: readonly Rounding[] = ["plain", "structured", "calibrated"];
const ROUNDINGS: readonly Rounding[] = [...ROUNDED, "trained", "rotated"];
const DTYPES: readonly Dtype[] = ["f32", "f16", ...FEW_BITS];

const out = join(import.meta.dirname, "../../results/few-bits-accuracy");
const { factorized, subject: one, trained, rotated, steps, dtype: chosen, ...folders } = flags;
const made = { date: new Date().toISOString(), node: process.version };
if (factorized) {
  const command = "pnpm experiment:few-bits --factorized";
  write({ ...read(), factorized: { command, ...made, rows: await roundFactorized() } });
} else if (trained || rotated) {
  await addRows(one ?? "", trained ? "trained" : "rotated", chosen ?? ["q4", "q3", "q2"]);
} else {
  await roundSubjects(chosen ?? DTYPES);
  const command = [
    "pnpm experiment:few-bits",
    ...Object.keys(folders).map((name) => `--${name} FOLDER`),
  ].join(" ");
  if (chosen === undefined && one === undefined) write({ ...read(), command, ...made });
}

async function roundSubjects(dtypes: readonly string[]): Promise<void> {
  for (const [name, load] of Object.entries(SUBJECTS)) {
    const folder = folders[name as keyof typeof folders];
    if (one !== undefined && name !== one) continue;
    if (name.endsWith("-dense") && folder === undefined) {
      console.error(`${name} is left out: train it, and give --${name} FOLDER.`);
      continue;
    }
    using subject = await load(folder ?? "");
    const matrices = modelMatrices(subject.model);
    for (const dtype of dtypes as Dtype[]) {
      const exact = dtype === "f32" || dtype === "f16";
      for (const rounding of exact ? (["plain"] as const) : ROUNDED) {
        const { bytes, error } = await roundModel(matrices, dtype, rounding, subject.moments);
        await addRow(subject, { dtype, rounding, bytes, error });
      }
    }
  }
}

/** Rows of one model, one after another, of which a trained one takes minutes. */
async function addRows(
  name: string,
  rounding: "trained" | "rotated",
  dtypes: readonly string[],
): Promise<void> {
  const load = SUBJECTS[name];
  const folder = folders[name as keyof typeof folders];
  if (load === undefined)
    throw new Error(`${name} is none of ${Object.keys(SUBJECTS).join(", ")}.`);
  for (const dtype of dtypes as FewBits[]) {
    using subject = await load(folder ?? "", rounding === "rotated");
    const matrices = modelMatrices(subject.model);
    const rounded = await roundModel(matrices, dtype, rounding, subject.moments);
    if (rounding === "trained") await trainRoundedModel(subject, rounded, Number(steps));
    // Rotations stand on the right of what they rotate, and are exact.
    const error = medianError(
      matrices.filter(({ names: [own = ""] }) => !/factors\.[1-9]/.test(own)),
    );
    const known = rounding === "trained" ? { steps: Number(steps) } : {};
    await addRow(subject, { dtype, rounding, bytes: rounded.bytes, error, ...known });
  }
}

/** Measures a model with the numbers that its parameters have, and writes its row in place of one like it. */
async function addRow(subject: Subject, rounded: Omit<Row, "loss" | "accuracy">): Promise<void> {
  const { name, description } = subject;
  const { loss, accuracy = Number.NaN } = await subject.evaluate();
  const row: Row = { ...rounded, loss, accuracy };
  const { dtype, rounding, error } = row;
  console.error(`${name} ${dtype} ${rounding}: loss ${loss}, accuracy ${accuracy}, ${error}`);
  const results = read();
  const before = results.subjects.find((known) => known.name === name)?.rows ?? [];
  const rows = before
    .filter((known) => known.dtype !== dtype || known.rounding !== rounding)
    .concat(row)
    .sort((a, b) => placeOf(a) - placeOf(b));
  const metric = name.startsWith("digits") ? "accuracy" : "loss";
  const subjects = Object.keys(SUBJECTS).flatMap((known) =>
    known === name
      ? [{ name, description, metric, rows } as const]
      : results.subjects.filter((other) => other.name === known),
  );
  write({ ...results, subjects });
}

function placeOf({ dtype, rounding }: Row): number {
  return ROUNDINGS.length * DTYPES.indexOf(dtype) + ROUNDINGS.indexOf(rounding);
}

function read(): FewBitsResults {
  return JSON.parse(readFileSync(`${out}.json`, "utf8"));
}

function write(results: FewBitsResults): void {
  writeFileSync(`${out}.json`, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(`${out}.md`, fewBitsReport(results));
}
