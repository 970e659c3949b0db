import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { uniform } from "@papilio/butterfly/numeric";

/** The text of a compressed file. */
export function readText(path: string): string {
  return gunzipSync(readFileSync(join(import.meta.dirname, path))).toString();
}

/** Whole numbers from 0 to below a bound, one after the other. */
export function wholeNumbers(seed: number): (below: number) => number {
  const next = uniform(seed);
  return (below) => Math.min(below - 1, Math.floor(((next() + 1) / 2) * below));
}

/** The numbers from 0 to below a count, in random order. Source: Fisher and Yates. */
export function shuffled(count: number, draw: (below: number) => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = draw(last + 1);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

/** Of each vector of logits, the class with the largest. */
export function predicted(logits: Float32Array, classes: number): number[] {
  return Array.from({ length: logits.length / classes }, (_, at) => {
    const row = logits.subarray(at * classes, (at + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
}
