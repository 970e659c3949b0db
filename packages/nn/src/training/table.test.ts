import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  encodedFeatures,
  encodeTable,
  encodeTargets,
  fitTable,
  type Table,
  type TableEncoding,
  tableEncodingOf,
} from "./table.ts";

const all = (table: Table): Uint32Array => Uint32Array.from(table.rows.keys());

function refused(run: () => unknown): { readonly code?: unknown; readonly message?: unknown } {
  try {
    run();
  } catch (error) {
    return error as { code: unknown; message: unknown };
  }
  return {};
}

describe("the encoding of a table", () => {
  it("standardizes numbers by the rows of the training, and gives each category a number", () => {
    const value = fc.integer({ min: -1e6, max: 1e6 }).map((whole) => whole / 1000);
    const row = fc.tuple(value, fc.constantFrom("red", "green", "a b"), fc.integer({ max: 1e9 }));
    const rows = fc.array(row, { minLength: 4, maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.nat(), (values, draw) => {
        const table = {
          names: ["x", "colour", "y"],
          rows: values.map((cells) => cells.map(String)),
        };
        const train = all(table).subarray(0, 2 + (draw % (values.length - 1)));
        const encoding = fitTable(table, { target: "y", train, task: "regression" });
        const found = encodeTable(table, encoding);
        const width = encodedFeatures(encoding);
        const colours = [...new Set([...train].map((at) => values[at]?.[1] as string))].toSorted();
        expect(width).toBe(1 + colours.length);
        expect(found.length).toBe(width * values.length);
        const seen = [...train].map((at) => values[at]?.[0] as number);
        const mean = seen.reduce((sum, one) => sum + one, 0) / seen.length;
        const variance = seen.reduce((sum, one) => sum + (one - mean) ** 2, 0) / seen.length;
        // A column that is constant but for roundings is not divided by its deviation.
        const divisor = Math.sqrt(variance) > 1e-9 * Math.abs(mean) ? Math.sqrt(variance) : 1;
        for (const [at, [x, colour]] of values.entries()) {
          const expected = (x - mean) / divisor;
          // Of sums of at most 60 numbers in double precision, and of one in single.
          const bound = 2 ** -23 * Math.abs(expected) + (2 ** -44 * 1e3) / divisor;
          expect(Math.abs((found[at * width] as number) - expected)).toBeLessThanOrEqual(bound);
          const ones = [...found.subarray(at * width + 1, (at + 1) * width)];
          expect(ones).toEqual(colours.map((one) => (one === colour ? 1 : 0)));
        }
      }),
      { numRuns: 60 },
    );
  });

  const table: Table = {
    names: ["size", "colour", "kind", "grade"],
    rows: [
      ["1", "red", "cat", "10"],
      ["3", "blue", "dog", "9"],
      ["5", "red", "dog", "10"],
    ],
  };

  it("takes texts and few whole numbers as classes, and others as numbers", () => {
    const kinds = fitTable(table, { target: "kind", train: all(table) });
    expect(kinds.target).toEqual({ name: "kind", categories: ["cat", "dog"] });
    expect(encodeTargets(table, kinds)).toEqual(Uint32Array.of(0, 1, 1));
    const grades = fitTable(table, { target: "grade", train: all(table) });
    expect(grades.target).toEqual({ name: "grade", categories: ["9", "10"] });
    const numbers = fitTable(table, { target: "grade", train: all(table), task: "regression" });
    expect(encodeTargets(table, numbers)).toBeInstanceOf(Float32Array);
    const many = {
      names: ["x", "y"],
      rows: Array.from({ length: 21 }, (_, at) => [`${at % 3}`, `${at}`]),
    };
    expect(fitTable(many, { target: "y", train: all(many) }).target).toHaveProperty("mean", 10);
  });

  it("finds columns by their names, and has zeros for a category that is new", () => {
    const encoding = fitTable(table, { target: "kind", train: all(table) });
    const other = { names: ["note", "grade", "colour", "size"], rows: [["-", "9", "green", "3"]] };
    const found = encodeTable(other, encoding);
    expect([...found.subarray(0, 3)]).toEqual([0, 0, 0]);
    const kept = JSON.parse(JSON.stringify({ papilio: { table: encoding } }));
    expect(encodeTable(table, tableEncodingOf(kept))).toEqual(encodeTable(table, encoding));
  });

  it("does not divide a constant column by the rounding of its mean", () => {
    const same = {
      names: ["x", "y"],
      rows: Array.from({ length: 7 }, (_, at) => ["0.1", `${at % 2}`]),
    };
    const { columns } = fitTable(same, { target: "y", train: all(same) });
    expect(columns[0]).toHaveProperty("deviation", 1);
  });

  const encoding = (): TableEncoding => fitTable(table, { target: "kind", train: all(table) });
  const withCell = (row: number, column: number, cell: string): Table => ({
    ...table,
    rows: table.rows.map((cells, at) => (at === row ? cells.with(column, cell) : cells)),
  });
  it.each([
    ["", /row 2 of the column "size" has ""/],
    ["NA", /row 2 of the column "size" has "NA"/],
  ] as const)("refuses a number that is missing (%j)", (cell, message) => {
    const train = all(table);
    const error = refused(() => fitTable(withCell(1, 0, cell), { target: "kind", train }));
    expect(error).toMatchObject({ code: "DATA_INVALID", message: expect.stringMatching(message) });
    expect(refused(() => encodeTable(withCell(1, 0, cell), encoding()))).toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringMatching(message),
    });
  });

  const train = all(table);
  const wrong: readonly [name: string, code: string, run: () => unknown][] = [
    [
      "a target that there is not",
      "DATA_INVALID",
      () => fitTable(table, { target: "none", train }),
    ],
    [
      "a target without a value",
      "DATA_INVALID",
      () => fitTable(withCell(0, 2, ""), { target: "kind", train }),
    ],
    [
      "regression of texts",
      "DATA_INVALID",
      () => fitTable(table, { target: "kind", train, task: "regression" }),
    ],
    [
      "columns of one name",
      "DATA_INVALID",
      () => fitTable({ ...table, names: ["a", "a", "kind", "b"] }, { target: "kind", train }),
    ],
    [
      "one class",
      "DATA_INVALID",
      () =>
        fitTable(
          {
            names: ["x", "y"],
            rows: [
              ["1", "a"],
              ["2", "a"],
            ],
          },
          { target: "y", train: Uint32Array.of(0) },
        ),
    ],
    [
      "the target alone",
      "DATA_INVALID",
      () =>
        fitTable({ names: ["y"], rows: [["1"], ["2"]] }, { target: "y", train: Uint32Array.of(0) }),
    ],
    [
      "a row that there is not",
      "DATA_INVALID",
      () => fitTable(table, { target: "kind", train: Uint32Array.of(3) }),
    ],
    [
      "rows of other lengths",
      "DATA_INVALID",
      () => encodeTable({ ...table, rows: [["1"]] }, encoding()),
    ],
    ["no rows", "DATA_INVALID", () => encodeTable({ ...table, rows: [] }, encoding())],
    [
      "a number beyond single precision",
      "DATA_INVALID",
      () => encodeTable(withCell(0, 0, "1e300"), encoding()),
    ],
    [
      "numbers too large to have a deviation",
      "DATA_INVALID",
      () => fitTable(withCell(0, 0, "1e300"), { target: "kind", train }),
    ],
    ["a class that is new", "DATA_INVALID", () => encodeTargets(withCell(0, 2, "cow"), encoding())],
    [
      "a task that is none",
      "OPTION_INVALID",
      () => fitTable(table, { target: "kind", train, task: "both" as never }),
    ],
    ["a config without a table", "CONFIG_INVALID", () => tableEncodingOf({})],
    [
      "a deviation of 0",
      "CONFIG_INVALID",
      () =>
        tableEncodingOf({
          papilio: {
            table: {
              columns: [{ name: "x", mean: 0, deviation: 0 }],
              target: { name: "y", categories: [] },
            },
          },
        }),
    ],
  ];
  it.each(wrong)("refuses %s", (_, code, run) => {
    expect(refused(run)).toMatchObject({ code });
  });

  it("refuses a column with a category of its own for each row", () => {
    const rows = Array.from({ length: 1025 }, (_, at) => [`id${at}`, `${at % 2}`]);
    const many = { names: ["id", "y"], rows };
    expect(refused(() => fitTable(many, { target: "y", train: all(many) }))).toMatchObject({
      code: "DATA_INVALID",
      message: expect.stringContaining("1025 different texts"),
    });
  });
});
