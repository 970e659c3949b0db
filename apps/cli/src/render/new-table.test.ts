import Table from "cli-table3";
import { expect, it } from "vitest";
import { newTable } from "./new-table.ts";

it("lays out many rows as the library does all of them at once", () => {
  const rows = Array.from({ length: 250 }, (_, row) => [
    `${"x".repeat((row * 7) % 31)}文`,
    row,
    row === 130 ? "two\nlines" : "🦋",
  ]);
  const expected = new Table({
    head: ["first", "second", "third"],
    style: { head: [], border: [], compact: true },
  });
  expected.push(...rows);
  const table = newTable(["first", "second", "third"]);
  for (const row of rows) table.push(row);
  expect(table.toString()).toBe(expected.toString());
});

it("takes time in proportion to its rows", () => {
  const table = newTable(["number", "its square"]);
  for (let row = 0; row < 10_000; row++) table.push([row, row * row]);
  // By the square of it, this takes half a minute.
  expect(table.toString().split("\n")).toHaveLength(10_004);
});
