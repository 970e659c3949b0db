import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import {
  accessWidth,
  type BatchStorage,
  element,
  indexBinding,
  outputsKernel,
  vectorBindings,
} from "../outputs.ts";
import { checks, requireProblem, storageChecks } from "../problem-checks.ts";
import { wideType } from "../wgsl.ts";

/** Adds a row of a table to each vector of a sequence, and may put one more vector in front. */
export interface AddPositionsProblem extends BatchStorage {
  /** Vectors of `x`: where one is put in front of each sequence, a multiple of `period`. */
  readonly count: number;
  readonly features: number;
  /** Vectors of a sequence in `x`. */
  readonly period: number;
  /** Whether a vector comes in front of each sequence, as a vision transformer's class token does. */
  readonly prepend: boolean;
  /** Rows of the table: at least the period, the one in front and the first position together. */
  readonly tableRows: number;
  /** Whether the row of a sequence's first vector is read from the device; else it is 0. */
  readonly position: boolean;
  /** Whether that is read for each sequence; once for all of them unless given. */
  readonly each?: boolean;
}

/**
 * Generates the addition of learned positions. Vector `t` of a sequence, the one in front included,
 * has row `position + t` of the table added. Bindings: x, table (batch-first, `tableRows` vectors), y,
 * prepended (one vector) and position (one u32, or one for each sequence), where there are such.
 */
export function addPositionsKernel(problem: AddPositionsProblem): Kernel {
  requireProblem("add-positions", problem, {
    ...storageChecks,
    batches: checks.batches,
    count: checks.count,
    features: checks.count,
    period: checks.count,
    prepend: checks.flag,
    tableRows: checks.count,
    position: checks.flag,
    each: checks.optional(checks.flag),
  });
  const { batches, count, from, to, dtype, period, prepend, tableRows, position } = problem;
  const { each = false } = problem;
  const width = accessWidth(problem.features, "batch-first", [from, to]);
  const features = problem.features / width;
  const wide = wideType(width);
  const [x, y] = vectorBindings(dtype, width);
  const strides = stridesOf({ batch: batches.from, layout: from }, features);
  const table = stridesOf({ batch: tableRows, layout: "batch-first" }, features);
  const length = prepend ? period + 1 : period;
  const first = position ? `position[${each ? `vector / ${length}u` : "0"}] + ` : "";
  const row = `min(${first}vector % ${length}u, ${tableRows - 1}u)`;
  const stored = prepend
    ? `let sequence = vector / ${length}u;
  var stored = prepended[feature];
  if (vector != sequence * ${length}u) {
    stored = ${element("x", strides, "vector - sequence - 1u", "feature")};
  }`
    : `let stored = ${element("x", strides, "vector", "feature")};`;
  return outputsKernel({
    label: `add-positions ${count}x${problem.features}${prepend ? " prepend" : ""}`,
    dtype,
    width,
    y: {
      batch: batches.to,
      layout: to,
      count: prepend ? (count / period) * length : count,
      features,
    },
    bindings: [
      x,
      { ...x, name: "table" },
      y,
      ...(prepend ? [{ ...x, name: "prepended" }] : []),
      ...(position ? [indexBinding("position")] : []),
    ],
    body: `let row = ${row};
  ${stored}
  let value = ${wide}(stored) + ${wide}(${element("table", table, "row", "feature")});`,
  });
}
