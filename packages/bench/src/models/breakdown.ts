import { median } from "@papilio/butterfly/numeric";
import type { Profile, ProfiledOperation } from "@papilio/nn/backends";
import * as v from "valibot";
import { anyNumber, requireShape } from "../arguments/checks.ts";
import { PART_KINDS, type PartKind, type ProfilePart } from "../results/model-results.ts";

const KINDS: Readonly<Record<string, PartKind>> = {
  linear: "linear",
  attention: "attention",
  normalize: "normalization",
};

const REWRITES = "rewrites";

/**
 * Where the time of a run goes, from one profile or several of the same program: each operation at its
 * median, together with the same layer of all blocks, the longest part first.
 */
export function breakdown(profiles: readonly Profile[]): ProfilePart[] {
  const parts = new Map<string, Required<ProfilePart>>();
  const add = (part: ProfilePart): void => {
    if (part.seconds === 0) return;
    const { seconds = 0, flops = 0, bytes = 0 } = parts.get(part.part) ?? {};
    parts.set(part.part, {
      ...part,
      seconds: seconds + part.seconds,
      flops: flops + (part.flops ?? 0),
      bytes: bytes + (part.bytes ?? 0),
    });
  };
  for (const [index, { kind, path, flops, traffic }] of (profiles[0]?.operations ?? []).entries()) {
    const middle = (of: (operation: ProfiledOperation) => number): number =>
      median(profiles.map(({ operations }) => of(operations[index] as ProfiledOperation)));
    add({
      part: kind === "linear" ? path.replace(/\b\d+\b/g, "*") : kind,
      kind: KINDS[kind] ?? "other",
      seconds: Math.max(
        0,
        middle(({ seconds, rewriteSeconds }) => seconds - rewriteSeconds),
      ),
      flops,
      bytes: traffic,
    });
    add({
      part: REWRITES,
      kind: "rewrite",
      seconds: middle(({ rewriteSeconds }) => rewriteSeconds),
    });
  }
  return [...parts.values()].sort((p, q) => q.seconds - p.seconds);
}

const partsShape = v.array(
  v.object({ part: v.string(), kind: v.picklist(PART_KINDS), seconds: anyNumber }),
);

/** The share of each kind, 0 to 1. */
export function kindShares(parts: readonly ProfilePart[]): Readonly<Record<PartKind, number>> {
  requireShape("The parts", parts, partsShape);
  const total = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  const share = (wanted: PartKind): number =>
    parts.reduce((sum, { kind, seconds }) => sum + (kind === wanted ? seconds : 0), 0) /
    (total || 1);
  return Object.fromEntries(PART_KINDS.map((kind) => [kind, share(kind)])) as Record<
    PartKind,
    number
  >;
}
