import { expect } from "vitest";

/** Number of products in each output of the quickstart: `c` of its pattern 4,64,64,4. */
const terms = 64;

/**
 * Checks the line that the documentation's quickstart for Node prints: an adapter, the number of
 * results, and how far the GPU's lie from the CPU's.
 *
 * The bound is Higham's for float32 sums in any order, `n·ε/(1 - n·ε)` times `Σ|w||x|`, where the
 * random values are at most `sqrt(3/c)` and the inputs at most 1, and one rounding of the CPU's
 * result.
 */
export function expectAgreement(line: string): void {
  const match = /^(.+): (\d+) numbers, largest difference from the CPU (\S+)$/.exec(line);
  expect(match, line).not.toBeNull();
  const [, adapter, count, difference] = match as RegExpExecArray;
  expect(adapter).not.toBe("");
  expect(Number(count)).toBe(32 * 1024);
  const epsilon = 2 ** -23;
  const magnitude = terms * Math.sqrt(3 / terms);
  const bound = ((terms * epsilon) / (1 - terms * epsilon) + epsilon) * magnitude;
  expect(Number(difference)).toBeLessThanOrEqual(bound);
}
