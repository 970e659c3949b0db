import type { Layout } from "@papilio/butterfly";
import { formatBytes } from "@papilio/butterfly/errors";
import type { ProgramReport } from "@papilio/gpu-runtime/kernels";

/** An operation as it runs on a device. */
export interface PlannedOperation {
  readonly kind: string;
  /** Dotted path of its module. */
  readonly path: string;
  /** Shape of what it computes, and its layout. */
  readonly vectors: number;
  readonly features: number;
  readonly layout: Layout;
  readonly dispatches: number;
  readonly kernels: readonly string[];
  /** Dispatches that only move numbers. */
  readonly rewrites: number;
  /** Bytes that its dispatches are bound to: what must move at least. */
  readonly traffic: number;
}

const HEAD = ["operation", "module", "output", "layout", "dispatches", "bytes moved"];

/** A table of operations, and what they take together. */
export function formatPlan(
  operations: readonly PlannedOperation[],
  { dispatches, rewrites, arena }: ProgramReport,
  bytes: number,
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
    `${dispatches} dispatches, ${rewrites} of which only move numbers`,
    `arena ${formatBytes(arena.bytes)} (at least ${formatBytes(arena.lowerBound)}), device memory ${formatBytes(bytes)} in all`,
  ].join("\n");
}
