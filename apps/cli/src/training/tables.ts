import { PapilioError } from "@papilio/butterfly";
import { Perceptron, perceptron } from "@papilio/nn/models";
import {
  encodedFeatures,
  encodeTable,
  encodeTargets,
  fitTable,
  splitExamples,
  type Table,
  type TargetedRows,
  tableTask,
} from "@papilio/nn/training";
import { readTable } from "../models/table-model.ts";
import { digestOf } from "./digest.ts";
import type { Prepared, TrainingChoice } from "./train-model.ts";

/**
 * A table and a perceptron for it.
 *
 * @throws PapilioError `DATA_INVALID`, `FLAG_INVALID`; what reading files and making the model throws
 */
export async function prepareTable(choice: TrainingChoice): Promise<Prepared> {
  const { target, task, seed, batch, smoothing } = choice;
  if (target === undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      "No column is named that is to be predicted.",
      "Give --target COLUMN.",
    );
  }
  const table = await readTable(choice.data);
  const others =
    choice.validationData === undefined ? undefined : await readTable(choice.validationData);
  const parts = divided(table, choice, others !== undefined);
  const encoding = fitTable(table, { target, train: parts.train, task });
  const rowsOf = (from: Table): TargetedRows => ({
    features: encodeTable(from, encoding),
    targets: encodeTargets(from, encoding),
  });
  const some = (rows: Uint32Array): TargetedRows | undefined =>
    rows.length === 0
      ? undefined
      : rowsOf({ ...table, rows: [...rows].map((row) => table.rows[row] as readonly string[]) });
  const classes = "categories" in encoding.target ? encoding.target.categories.length : undefined;
  if (classes === undefined && smoothing > 0) {
    throw new PapilioError(
      "FLAG_INVALID",
      `--smoothing is given, and ${target} has numbers instead of classes.`,
      "Leave it out, or give --task classification.",
    );
  }
  const config = {
    model_type: "mlp",
    papilio: { linear: choice.linear, table: encoding },
    inFeatures: encodedFeatures(encoding),
    ...{ classes, hidden: choice.features, layers: choice.layers },
  };
  const model = perceptron(config, { seed });
  const train = some(parts.train) as TargetedRows;
  const validation = others === undefined ? some(parts.validation) : rowsOf(others);
  const test = some(parts.test);
  const all = [train, validation, test].flatMap((rows) =>
    rows === undefined ? [] : [rows.features, rows.targets],
  );
  return {
    model,
    task: tableTask({
      trace: (shape) => model.trace(shape),
      ...{ parameters: model.namedParameters(), inFeatures: config.inFeatures, train },
      ...{ validation, test, batch, seed, smoothing, kernels: "wasm" },
    }),
    files: new Map([["config.json", `${JSON.stringify(config, null, 2)}\n`]]),
    // The columns and classes, too: the same numbers may come of others.
    digest: `${digestOf(...all)} ${JSON.stringify(encoding)}`,
    teacherGraph: (teacher) =>
      teacher instanceof Perceptron && classes !== undefined
        ? teacher.trace({ vectors: batch })
        : undefined,
  };
}

/** Rows for the test are taken first, so that they stay what they are whatever the share for validation. */
function divided(
  { rows }: Table,
  { seed, test = 0, validation }: TrainingChoice,
  hasOthers: boolean,
): Readonly<Record<"train" | "validation" | "test", Uint32Array>> {
  const examples = rows.length;
  if (test + (hasOthers ? 0 : validation) >= 1) {
    throw new PapilioError(
      "FLAG_INVALID",
      `--test ${test} and --validation ${validation} leave nothing to train on.`,
      "Give shares of which the sum is below 1.",
    );
  }
  if (examples < 3) {
    throw new PapilioError(
      "DATA_INVALID",
      `The table has ${examples} rows, too few to train, to validate and to test.`,
      "Give three rows at least.",
    );
  }
  const kept = splitExamples({ examples, share: test, seed });
  const left = examples - kept.validation.length;
  // A share of the whole, and another permutation.
  const share = hasOthers ? 0 : Math.min(0.999, (validation * examples) / left);
  const split = splitExamples({ examples: left, share, seed: (seed + 1) % 2 ** 32 });
  const from = (places: Uint32Array): Uint32Array =>
    places.map((place) => kept.train[place] as number);
  return { test: kept.validation, train: from(split.train), validation: from(split.validation) };
}
