/**
 * What weights of few bits do to the accuracy of trained models, with plain and structured rounding.
 *
 *     pnpm experiment:few-bits --shakespeare-dense FOLDER --digits-dense FOLDER
 *     pnpm experiment:few-bits --subject digits --trained --steps 500
 *     pnpm experiment:few-bits --subject stories260K --rotated
 *     pnpm experiment:few-bits --factorized
 *
 * Twins with dense layers are trained first, as apps/docs/public/models/README.txt says, with --linear dense; one
 * that is not given is left out. With --trained, the types that --dtype names of one model are trained after they were
 * rounded; with --rotated, the inputs of its dense layers are rotated before. With --factorized, matrices that were factorized
 * instead. Writes one part of results/few-bits-accuracy.json, and results/few-bits-accuracy.md of both.
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
import { SUBJECTS } from "./subjects.ts";
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
const ROUNDINGS: readonly Rounding[] = ["plain", "structured", "calibrated"];
const CHOICES: readonly (readonly [Dtype, Rounding])[] = [
  ["f32", "plain"],
  ["f16", "plain"],
  ...FEW_BITS.flatMap((dtype) => ROUNDINGS.map((rounding) => [dtype, rounding] as const)),
];

const out = join(import.meta.dirname, "../../results/few-bits-accuracy");
const {
  factorized,
  subject: one,
  trained,
  rotated,
  steps,
  dtype: dtypes = ["q4", "q3", "q2"],
  ...folders
} = flags;
const before: FewBitsResults = JSON.parse(readFileSync(`${out}.json`, "utf8"));
const made = { date: new Date().toISOString(), node: process.version };
if (factorized) {
  const command = "pnpm experiment:few-bits --factorized";
  write({ ...before, factorized: { command, ...made, rows: await roundFactorized() } });
} else if (trained || rotated) {
  await addRows(one ?? "", trained ? "trained" : "rotated");
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
    if (one !== undefined && name !== one) {
      subjects.push(...before.subjects.filter((known) => known.name === name));
      continue;
    }
    if (name.endsWith("-dense") && folder === undefined) {
      console.error(`${name} is left out: train it, and give --${name} FOLDER.`);
      continue;
    }
    using subject = await load(folder ?? "");
    const { description, model, moments } = subject;
    const matrices = modelMatrices(model);
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

/** Adds or replaces rows of one model, one after another, of which a trained one takes minutes. */
async function addRows(name: string, rounding: "trained" | "rotated"): Promise<void> {
  const load = SUBJECTS[name];
  const folder = folders[name as keyof typeof folders];
  if (load === undefined)
    throw new Error(`${name} is none of ${Object.keys(SUBJECTS).join(", ")}.`);
  for (const dtype of dtypes as FewBits[]) {
    using subject = await load(folder ?? "", rounding === "rotated");
    const matrices = modelMatrices(subject.model);
    const rounded = await roundModel(matrices, dtype, rounding, subject.moments);
    if (rounding === "trained") await trainRoundedModel(subject, rounded, Number(steps));
    const { loss, accuracy = Number.NaN } = await subject.evaluate();
    // Rotations stand on the right of what they rotate, and are exact.
    const error = medianError(
      matrices.filter(({ names: [own = ""] }) => !/factors\.[1-9]/.test(own)),
    );
    const row = {
      ...{ dtype, rounding, bytes: rounded.bytes, error, loss, accuracy },
      ...(rounding === "trained" ? { steps: Number(steps) } : {}),
    };
    console.error(`${name} ${dtype} ${rounding}: loss ${loss}, accuracy ${accuracy}, ${error}`);
    const known: FewBitsResults = JSON.parse(readFileSync(`${out}.json`, "utf8"));
    write({ ...known, subjects: known.subjects.map((one) => withRow(one, name, row)) });
  }
}

/** With a row behind those of its type. */
function withRow(
  subject: FewBitsResults["subjects"][number],
  name: string,
  row: Row,
): FewBitsResults["subjects"][number] {
  if (subject.name !== name) return subject;
  const others = subject.rows.filter(
    ({ dtype, rounding }) => dtype !== row.dtype || rounding !== row.rounding,
  );
  const place = others.findLastIndex(({ dtype }) => dtype === row.dtype) + 1;
  return { ...subject, rows: others.toSpliced(place, 0, row) };
}

function write(results: FewBitsResults): void {
  writeFileSync(`${out}.json`, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(`${out}.md`, fewBitsReport(results));
}
