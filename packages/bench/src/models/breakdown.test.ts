import type { Profile } from "@papilio/nn/backends";
import { describe, expect, it } from "vitest";
import { breakdown, kindShares } from "./breakdown.ts";

type Row = readonly [kind: string, path: string, seconds: number, rewriteSeconds?: number];

function profileOf(...rows: readonly Row[]): Profile {
  const operations = rows.map(([kind, path, seconds, rewriteSeconds = 0]) => ({
    kind,
    path,
    vectors: 1,
    features: 1,
    layout: "batch-last" as const,
    dispatches: 1,
    kernels: [],
    rewrites: 0,
    traffic: 10,
    flops: kind === "output" ? 0 : 100,
    seconds,
    rewriteSeconds,
  }));
  return { seconds: rows.reduce((sum, [, , seconds]) => sum + seconds, 0), operations };
}

describe("breakdown", () => {
  it("adds the layers of all blocks, and tells what only moves numbers apart", () => {
    const parts = breakdown([
      profileOf(
        ["gather-vectors", "wte", 1, 1],
        ["linear", "h.0.mlp.fc1", 5, 2],
        ["attention", "h.0.attn", 4],
        ["linear", "h.10.mlp.fc1", 7],
        ["normalize", "h.1.norm", 3],
        ["rotary", "h.0.attn", 0.5],
        ["output", "logits", 2, 2],
      ),
    ]);
    expect(parts).toEqual([
      { part: "h.*.mlp.fc1", kind: "linear", seconds: 10, flops: 200, bytes: 20 },
      { part: "rewrites", kind: "rewrite", seconds: 5, flops: 0, bytes: 0 },
      { part: "attention", kind: "attention", seconds: 4, flops: 100, bytes: 10 },
      { part: "normalize", kind: "normalization", seconds: 3, flops: 100, bytes: 10 },
      { part: "rotary", kind: "other", seconds: 0.5, flops: 100, bytes: 10 },
    ]);
    expect(kindShares(parts)).toEqual({
      linear: 10 / 22.5,
      attention: 4 / 22.5,
      normalization: 3 / 22.5,
      rewrite: 5 / 22.5,
      other: 0.5 / 22.5,
    });
  });

  it("takes each operation at its median of several profiles", () => {
    const one = (fc1: number, fc2: number): Profile =>
      profileOf(["linear", "fc1", fc1], ["linear", "fc2", fc2]);
    expect(breakdown([one(1, 2), one(9, 2.5), one(1.5, 90)])).toEqual([
      { part: "fc2", kind: "linear", seconds: 2.5, flops: 100, bytes: 10 },
      { part: "fc1", kind: "linear", seconds: 1.5, flops: 100, bytes: 10 },
    ]);
  });

  it("is of nothing where nothing was timed", () => {
    expect(breakdown([profileOf()])).toEqual([]);
    expect(kindShares([]).linear).toBe(0);
  });
});
