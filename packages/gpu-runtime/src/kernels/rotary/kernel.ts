import type { Layout, StorageDtype } from "@papilio/butterfly";
import { requireObject } from "@papilio/butterfly/errors";
import { stridesOf } from "@papilio/butterfly/numeric";
import type { Kernel } from "../../device/kernel.ts";
import { perElementShader, placeInCache } from "../per-element.ts";
import {
  type Check,
  checks,
  requireCounts,
  requireMultiple,
  requireProblem,
  storageChecks,
} from "../problem-checks.ts";
import { clamped, enabledBy, narrowed, times } from "../wgsl.ts";

/** Vectors of queries or keys that are rotated by the positions of their tokens. */
export interface RotaryProblem {
  readonly batch: number;
  /** A multiple of `headFeatures`: all heads of a vector, one after the other. */
  readonly features: number;
  /** Features of a head, an even number. */
  readonly headFeatures: number;
  /**
   * Which features make a pair: `"interleaved"`, the paper's, `2i` and `2i + 1`; `"halves"`, that of
   * models in the Hugging Face format, `i` and `i + headFeatures / 2`.
   */
  readonly style: "interleaved" | "halves";
  readonly from: Layout;
  readonly to: Layout;
  readonly dtype: StorageDtype;
  /** Vectors of a sequence: vector `n` has the token `n % period`, after those before `position`. */
  readonly period: number;
  /** Tokens that there are cosines and sines for; later ones get the last row. */
  readonly tableRows: number;
  /** Whether a binding says how many tokens precede the first. */
  readonly position: boolean;
  /** Sequences that have a number of their own there; one for all of them unless given. */
  readonly sequences?: number;
  /** Given where y is a cache of so many vectors, in which vector `n` becomes `position + n`. */
  readonly into?: { readonly vectors: number };
}

const cache: Check = (name, value) => {
  requireObject(name, value, "an object with vectors");
  checks.count(`vectors of ${name}`, (value as { vectors?: unknown }).vectors);
};

/**
 * Generates the rotary position embedding (Su et al., arXiv 2104.09864, equation 34): pair `i` of each
 * head is rotated by the angle of row `token` and column `i` of the tables. Bindings: x, y, cosines and
 * sines (f32, `[tableRows, headFeatures / 2]`), position (u32, one number or one for each sequence) if there is one.
 *
 * Into a cache, it appends as well: vectors whose place is past the end are dropped.
 *
 * @throws PapilioError `KERNEL_PROBLEM`, `LAYOUT_INVALID`
 */
export function rotaryKernel(problem: RotaryProblem): Kernel {
  requireProblem("rotary", problem, {
    ...storageChecks,
    batch: checks.count,
    features: checks.count,
    headFeatures: checks.count,
    style: checks.oneOf("interleaved", "halves"),
    period: checks.count,
    tableRows: checks.count,
    position: checks.flag,
    sequences: checks.optional(checks.count),
    into: checks.optional(cache),
  });
  const { batch, features, headFeatures, style, from, to, dtype, period, tableRows } = problem;
  const { position, sequences = 1, into } = problem;
  const vectors = into?.vectors ?? batch;
  requireCounts("rotary", { batch, features, headFeatures, period, tableRows, vectors });
  requireMultiple("rotary", ["headFeatures", headFeatures], ["the size of a pair,", 2]);
  requireMultiple("rotary", ["features", features], ["headFeatures", headFeatures]);
  const half = headFeatures / 2;
  const x = stridesOf({ batch, layout: from }, features);
  const y = stridesOf({ batch: vectors, layout: to }, features);
  const [firstOfPair, apart] =
    style === "interleaved"
      ? ["pair * 2u", 1]
      : [`pair / ${half}u * ${headFeatures}u + pair % ${half}u`, half];
  const token = period >= batch ? "vector" : `vector % ${period}u`;
  const first = sequences === 1 ? "0u" : clamped(`vector / ${period}u`, sequences, false);
  const moved = position ? `min(position[${first}], ${tableRows}u) + ${token}` : token;
  const row = clamped(moved, tableRows, !position && Math.min(period, batch) <= tableRows);
  return {
    label: `rotary ${style} ${batch}x${features}/${headFeatures}`,
    enables: enabledBy(dtype),
    bindings: [
      { name: "x", elements: dtype, access: "read" },
      { name: "y", elements: dtype, access: "read-write" },
      { name: "cosines", elements: "f32", access: "read" },
      { name: "sines", elements: "f32", access: "read" },
      ...(position ? [{ name: "position", elements: "u32", access: "read" } as const] : []),
    ],
    ...perElementShader(
      { batch, parts: { name: "pair", count: features / 2 }, to },
      `${into ? placeInCache(vectors, position ? "first" : "none") : "let place = vector;"}
  let angle = (${row}) * ${half}u + pair % ${half}u;
  let c = cosines[angle];
  let s = sines[angle];
  let first = ${firstOfPair};
  let read = ${times("vector", x.vector)} + ${times("first", x.feature)};
  let u = f32(x[read]);
  let v = f32(x[read + ${apart * x.feature}u]);
  let write = ${times("place", y.vector)} + ${times("first", y.feature)};
  y[write] = ${narrowed(dtype, 1, "u * c - v * s")};
  y[write + ${apart * y.feature}u] = ${narrowed(dtype, 1, "u * s + v * c")};`,
    ),
  };
}
