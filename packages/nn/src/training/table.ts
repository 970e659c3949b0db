import { PapilioError } from "@papilio/butterfly";
import { describeValue, requireList, requireOneOf, requireText } from "@papilio/butterfly/errors";
import { parseDecimal } from "@papilio/butterfly/files";
import { listOf, objectOf, optional, text, uint32 } from "../arguments/checks.ts";

/** A table of texts, as a CSV file has it. */
export interface Table {
  /** Of the columns, each once. */
  readonly names: readonly string[];
  /** As many texts each as there are columns. */
  readonly rows: readonly (readonly string[])[];
}

/** Numbers, less their mean, divided by their standard deviation. */
export interface NumberColumn {
  readonly name: string;
  readonly mean: number;
  /** Above 0. */
  readonly deviation: number;
}

/** Texts, a number each: 1 for the category that it is, and 0 for the others. */
export interface CategoryColumn {
  readonly name: string;
  readonly categories: readonly string[];
}

/** How a table becomes numbers: what a model of it is kept with. */
export interface TableEncoding {
  readonly columns: readonly (NumberColumn | CategoryColumn)[];
  /** Categories are classes. */
  readonly target: NumberColumn | CategoryColumn;
}

export interface FitTableOptions {
  /** The name of the column that is to be predicted. */
  readonly target: string;
  /** Rows that are trained on: means, deviations and categories are theirs. */
  readonly train: Uint32Array;
  /** Classification where the target has texts, or at most 20 different whole numbers, unless given. */
  readonly task?: "classification" | "regression" | undefined;
}

/** Whole numbers that are classes, and categories of a column, at most. */
const [FEW, MOST_CATEGORIES] = [20, 1024];
/** What stands for a number that is not known. */
const MISSING: ReadonlySet<string> = new Set(["", "?", "na", "n/a", "nan", "null", "none"]);

/**
 * Finds out how a table becomes numbers. A column has numbers where all that it has are some, and categories otherwise.
 * All rows count for that, and for the classes of the target.
 *
 * @throws PapilioError `OPTION_INVALID`; `DATA_INVALID` for a number that is missing, for a target that there is not, for
 *   columns of one name, and for more than 1,024 categories
 *
 * @example
 * ```ts
 * const encoding = fitTable(table, { target: "species", train: split.train });
 * ```
 */
export function fitTable(table: Table, options: FitTableOptions): TableEncoding {
  requireTable(table);
  objectOf({ target: text, train: uint32 })("fitTable", options);
  const { target: wanted, train, task } = options;
  if (task !== undefined) requireOneOf("task", task, ["classification", "regression"]);
  requireNames(table.names);
  const place = columnOf(table, wanted);
  if (table.names.length < 2) throw invalid(`it has the column ${describeValue(wanted)} alone`);
  if (train.length === 0 || train.some((row) => row >= table.rows.length)) {
    throw invalid(`it has ${table.rows.length} rows, and rows to train on are not among them`);
  }
  const columns = table.names.flatMap((name, at) =>
    at === place ? [] : [fitColumn(table, name, at, train)],
  );
  return { columns, target: fitTarget(table, place, train, task) };
}

function fitColumn(
  table: Table,
  name: string,
  at: number,
  train: Uint32Array,
): NumberColumn | CategoryColumn {
  if (hasNumbers(table, at)) return fitNumbers(table, at, train);
  const found = new Set<string>();
  for (const row of train) found.add(table.rows[row]?.[at] as string);
  return categoriesOf(name, found);
}

function fitTarget(
  table: Table,
  at: number,
  train: Uint32Array,
  task: FitTableOptions["task"],
): NumberColumn | CategoryColumn {
  const name = table.names[at] as string;
  const numeric = hasNumbers(table, at);
  if (task === "regression" && !numeric) {
    throw invalid(`the target ${describeValue(name)} has texts, of which there is no regression`);
  }
  const cells = table.rows.map((row) => row[at] as string);
  const empty = cells.indexOf("");
  if (empty !== -1) throw missing(empty, name, "");
  const found = new Set(cells);
  const few = found.size <= FEW && [...found].every((cell) => Number.isInteger(numberOf(cell)));
  if (numeric && task !== "classification" && !(few && task === undefined)) {
    return fitNumbers(table, at, train);
  }
  if (found.size < 2) throw invalid(`all rows have the same ${describeValue(name)}`);
  return categoriesOf(name, found);
}

/** In the order of numbers where they are some, else in that of code units. */
function categoriesOf(name: string, found: ReadonlySet<string>): CategoryColumn {
  if (found.size > MOST_CATEGORIES) {
    throw invalid(
      `${describeValue(name)} has ${found.size} different texts, and at most ${MOST_CATEGORIES} can be categories`,
    );
  }
  const sorted = [...found].toSorted();
  const numbers = sorted.map(numberOf);
  if (numbers.every(Number.isFinite)) sorted.sort((one, other) => numberOf(one) - numberOf(other));
  return { name, categories: sorted };
}

function fitNumbers(table: Table, at: number, train: Uint32Array): NumberColumn {
  const name = table.names[at] as string;
  // Rows that are not trained on may not lack numbers either.
  const all = table.rows.map((row, index) => numberAt(row[at] as string, index, name));
  const values = Float64Array.from(train, (row) => all[row] as number);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  if (!Number.isFinite(variance))
    throw invalid(`the numbers of ${describeValue(name)} are too large`);
  const deviation = Math.sqrt(variance);
  // Rounding may leave a little of a column that is constant.
  return { name, mean, deviation: deviation > 1e-12 * Math.abs(mean) ? deviation : 1 };
}

/** Numbers of a row that a model takes. */
export function encodedFeatures(encoding: TableEncoding): number {
  encodingCheck("The encoding", encoding);
  let numbers = 0;
  for (const column of encoding.columns) {
    numbers += "categories" in column ? column.categories.length : 1;
  }
  return numbers;
}

/**
 * The rows of a table as numbers, one after another. Columns are found by their names; others are left out. A category that
 * training did not have is none: all of its numbers are 0.
 *
 * @throws PapilioError `OPTION_INVALID`; `DATA_INVALID` for a column that there is not, and for what is no number, with its
 *   row and column
 */
export function encodeTable(table: Table, encoding: TableEncoding): Float32Array<ArrayBuffer> {
  requireTable(table);
  encodingCheck("The encoding", encoding);
  requireNames(table.names);
  const width = encodedFeatures(encoding);
  const values = new Float32Array(table.rows.length * width);
  let first = 0;
  for (const column of encoding.columns) {
    const at = columnOf(table, column.name);
    const places = "categories" in column ? placesOf(column) : undefined;
    for (const [index, row] of table.rows.entries()) {
      const cell = row[at] as string;
      const start = index * width + first;
      if ("categories" in column) {
        const place = places?.get(cell);
        if (place !== undefined) values[start + place] = 1;
      } else values[start] = standardized(cell, index, column);
    }
    first += "categories" in column ? column.categories.length : 1;
  }
  return values;
}

/**
 * What is to be predicted of each row: numbers of classes, or standardized numbers.
 *
 * @throws PapilioError `OPTION_INVALID`; `DATA_INVALID` as {@link encodeTable}, and for a class that is none
 */
export function encodeTargets(table: Table, encoding: TableEncoding): Uint32Array | Float32Array {
  requireTable(table);
  encodingCheck("The encoding", encoding);
  const { target } = encoding;
  const at = columnOf(table, target.name);
  if (!("categories" in target)) {
    return Float32Array.from(table.rows, (row, index) =>
      standardized(row[at] as string, index, target),
    );
  }
  const places = placesOf(target);
  return Uint32Array.from(table.rows, (row, index) => {
    const place = places.get(row[at] as string);
    if (place !== undefined) return place;
    throw invalid(
      `row ${index + 1} of the column ${describeValue(target.name)} has ${describeValue(row[at])}, which is no class`,
    );
  });
}

const placesOf = ({ categories }: CategoryColumn): ReadonlyMap<string, number> =>
  new Map(categories.map((category, place) => [category, place]));

function standardized(cell: string, row: number, column: NumberColumn): number {
  const value = (numberAt(cell, row, column.name) - column.mean) / column.deviation;
  if (Number.isFinite(Math.fround(value))) return value;
  throw invalid(
    `row ${row + 1} of the column ${describeValue(column.name)} has ${describeValue(cell)}, which is too far from the numbers of the training`,
  );
}

function numberAt(cell: string, row: number, name: string): number {
  const value = numberOf(cell);
  if (Number.isFinite(value)) return value;
  throw missing(row, name, cell);
}

function missing(row: number, name: string, cell: string): PapilioError {
  return invalid(
    `row ${row + 1} of the column ${describeValue(name)} has ${describeValue(cell)} where a value is needed`,
  );
}

/** Whether all that a column has are numbers, one at least. */
function hasNumbers(table: Table, at: number): boolean {
  let some = false;
  for (const row of table.rows) {
    const cell = row[at] as string;
    if (MISSING.has(cell.toLowerCase())) continue;
    if (!Number.isFinite(numberOf(cell))) return false;
    some = true;
  }
  return some;
}

const ENCODER = new TextEncoder();

/** NaN for what is no number. */
function numberOf(cell: string): number {
  return parseDecimal(ENCODER.encode(cell));
}

function columnOf({ names }: Table, name: string): number {
  const at = names.indexOf(name);
  if (at !== -1) return at;
  const shown = names.slice(0, FEW).map(describeValue).join(", ");
  throw invalid(`it has no column ${describeValue(name)}; there are ${shown}`);
}

function requireNames(names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalid(`two columns are called ${describeValue(twice)}`);
}

function requireTable(table: Table): void {
  objectOf({ names: listOf(text), rows: listOf(requireList) })("The table", table);
  const { names, rows } = table;
  const wrong = rows.findIndex((row) => row.length !== names.length);
  if (wrong === -1 && rows.length > 0) {
    for (const row of rows) for (const cell of row) requireText("A cell of the table", cell);
    return;
  }
  throw invalid(
    wrong === -1
      ? "it has no rows"
      : `row ${wrong + 1} has ${rows[wrong]?.length} cells for ${names.length} columns`,
  );
}

function columnCheck(name: string, value: unknown): void {
  objectOf({ name: text, categories: optional(listOf(text)) })(name, value);
  const { categories, mean, deviation } = value as Partial<CategoryColumn & NumberColumn>;
  if (categories !== undefined) return;
  if (Number.isFinite(mean) && Number.isFinite(deviation) && (deviation as number) > 0) return;
  throw new PapilioError(
    "OPTION_INVALID",
    `${name} has neither categories nor a mean and a deviation above 0.`,
    "Give what fitTable gave.",
  );
}

const encodingCheck = objectOf({ columns: listOf(columnCheck), target: columnCheck });

/**
 * How the table of a model becomes numbers, by `papilio.table` of its config.json.
 *
 * @throws PapilioError `CONFIG_INVALID`
 */
export function tableEncodingOf(config: unknown): TableEncoding {
  const { papilio } = (config ?? {}) as { papilio?: { table?: unknown } };
  const table = papilio?.table;
  try {
    encodingCheck("papilio.table", table);
    return table as TableEncoding;
  } catch (cause) {
    throw new PapilioError(
      "CONFIG_INVALID",
      "papilio.table of the model's config.json does not say how a table becomes numbers.",
      "Pass the config.json that papilio train wrote, as it is.",
      { cause },
    );
  }
}

function invalid(problem: string): PapilioError {
  return new PapilioError(
    "DATA_INVALID",
    `The table cannot be used: ${problem}.`,
    "Give a table with a line of names and complete rows; leave out columns that identify rows, and rows without a value.",
  );
}
