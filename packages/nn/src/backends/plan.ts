import { formatBytes } from "@papilio/butterfly/errors";
import type { ArenaPlan } from "@papilio/butterfly/planning";
import type { Value } from "../graph/value.ts";
import type { KeptFactors } from "./keep-factors.ts";

/** An operation as it runs on a device, or by the kernels of the CPU. */
export interface PlannedOperation {
  readonly kind: string;
  /** Dotted path of its module. */
  readonly path: string;
  /** Shape of what it computes, and its layout. */
  readonly vectors: number;
  readonly features: number;
  readonly layout: string;
  /** Dispatches to a device; kernels on the CPU, each of which all threads compute. */
  readonly dispatches: number;
  readonly kernels: readonly string[];
  /** Dispatches that only move numbers. */
  readonly rewrites: number;
  /** Bytes that its dispatches read and write: what must move at least. */
  readonly traffic: number;
  /** Its arithmetic, roughly: a multiplication and an addition are two. */
  readonly flops: number;
}

/** An operation, or an output, that is planned. */
export interface PlannedValue {
  readonly kind: string;
  readonly path: string;
  readonly output: Value;
}

/** Seconds of a run, and the parts of it. */
export interface Profile {
  readonly seconds: number;
  /** In the order in which they run. */
  readonly operations: readonly ProfiledOperation[];
}

export interface ProfiledOperation extends PlannedOperation {
  readonly seconds: number;
  /** The part of it in dispatches that only move numbers. */
  readonly rewriteSeconds: number;
}

/**
 * Times of operations out of those of their dispatches.
 *
 * @param seconds of each dispatch, in the order in which they run
 * @param roles of each dispatch
 */
export function profileOf(
  planned: readonly PlannedOperation[],
  seconds: readonly number[],
  roles: readonly string[],
): Profile {
  let step = 0;
  const operations = planned.map((operation) => {
    const own = seconds.slice(step, step + operation.dispatches);
    const rewrites = own.filter((_, index) => roles[step + index] === "rewrite");
    step += operation.dispatches;
    return { ...operation, seconds: total(own), rewriteSeconds: total(rewrites) };
  });
  return { seconds: total(seconds), operations };
}

function total(seconds: readonly number[]): number {
  return seconds.reduce((sum, part) => sum + part, 0);
}

/** What a program takes as a whole. */
interface Taken {
  readonly dispatches: number;
  readonly rewrites: number;
  readonly arena: Omit<ArenaPlan, "offsets">;
  /** Bytes in all. */
  readonly bytes: number;
  /** Where they are. */
  readonly memory: "device memory" | "memory";
  readonly factors: Omit<KeptFactors, "operations">;
}

const HEAD = ["operation", "module", "output", "layout", "dispatches", "bytes moved"];

/** A table of operations, and what they take together. */
export function formatPlan(
  operations: readonly PlannedOperation[],
  { dispatches, rewrites, arena, bytes, memory, factors }: Taken,
): string {
  const rows = operations.map((operation) => [
    operation.kind,
    operation.path,
    `${operation.vectors} x ${operation.features}`,
    operation.layout,
    String(operation.dispatches),
    formatBytes(operation.traffic),
  ]);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column < 4
          ? cell.padEnd(widths[column] as number)
          : cell.padStart(widths[column] as number),
      )
      .join("  ")
      .trimEnd();
  return [
    line(HEAD),
    ...rows.map(line),
    "",
    ...(factors.kept + factors.again === 0
      ? []
      : [
          `between factors ${formatBytes(factors.bytes)} kept of ${factors.kept} products, ${factors.again} computed again`,
        ]),
    `${dispatches} dispatches, ${rewrites} of which only move numbers`,
    `arena ${formatBytes(arena.bytes)} (at least ${formatBytes(arena.lowerBound)}), ${memory} ${formatBytes(bytes)} in all`,
  ].join("\n");
}
