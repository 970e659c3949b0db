import type { Pattern } from "@papilio/butterfly";
import { requireReport } from "../../device/device-checks.ts";
import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import { loadWidth } from "../wgsl.ts";
import { coalescedStoreBytes } from "./along-outputs.ts";
import { requireKroneckerSparseProblem } from "./checks.ts";
import { chooseVectorKroneckerSparse, VECTOR_BATCH } from "./choose-vector.ts";
import { chooseWorkgroupKroneckerSparse } from "./choose-workgroup.ts";
import { UNIT } from "./few-bits-codes.ts";
import { type KroneckerSparsePacking, readsPacking } from "./packing.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import type { KroneckerSparseVariant, RegisterKroneckerSparse } from "./variant.ts";

/** Outputs of an invocation in the widest workgroups that pay on lavapipe, of weights of 4 bits. */
const WIDE_SPANS = 8;
/** So many of these are enough for a few cores. */
const WIDE_GROUPS = 8;
/** Invocations that are worth a workgroup where subgroups do not share loads. */
const SMALL_GROUP = 8;

/**
 * Picks the kernel's shape for a device and a problem, by rules that were measured (on lavapipe,
 * Mesa 25, and SwiftShader, two cores) or, for hardware, taken from what matrix products on GPUs do.
 */
export function chooseKroneckerSparse(
  report: AdapterReport,
  problem: KroneckerSparseProblem,
): KroneckerSparseVariant {
  requireReport(report);
  requireKroneckerSparseProblem(problem);
  if (problem.weightDtype !== undefined) {
    return chooseVectorKroneckerSparse(report, problem) ?? fewBitsVariant(report, problem);
  }
  if (report.kind === "hardware" && stagingPays(problem)) {
    return chooseWorkgroupKroneckerSparse(report, problem);
  }
  return (
    chooseVectorKroneckerSparse(report, problem) ?? chooseRegisterKroneckerSparse(report, problem)
  );
}

/**
 * Whether tiles in workgroup memory pay on a GPU: where they are reused, not for blocks of a few elements; and
 * when batch-first for blocks that lie between others, of which invocations along the outputs would read and
 * write an element of each sector.
 */
function stagingPays({ pattern, batch, layout }: KroneckerSparseProblem): boolean {
  const { b, c, d, blocks } = pattern;
  if (batch < 16) return false;
  const between = layout === "batch-first" && d > 1 && !alongBlocks(b, blocks, SMALL_GROUP);
  return (b >= 16 && c >= 8) || between;
}

/** Whether small blocks are many enough for invocations to run along them. */
function alongBlocks(b: number, blocks: number, group: number): boolean {
  return b <= 8 && blocks >= group;
}

/**
 * The shape for a problem whose weights are packed already: the best one where it reads their order, else
 * one that does; none where no shape that suits the problem does.
 */
export function chooseForPacking(
  report: AdapterReport,
  problem: KroneckerSparseProblem,
  packing: KroneckerSparsePacking,
): KroneckerSparseVariant | undefined {
  const { pattern, batch, layout, weightDtype } = problem;
  const best = chooseKroneckerSparse(report, problem);
  if (weightDtype !== undefined) {
    const candidates = [best, fewBitsVariant(report, problem)];
    return candidates.find((variant) => readsPacking(pattern, variant, packing, weightDtype));
  }
  if (readsPacking(pattern, best, packing)) return inTurnsOf(packing, pattern, best);
  if (packing.order === "vector" && batch <= VECTOR_BATCH) return packing.variant;
  const alongBatch = layout === "batch-last" && batch >= (sharedLoads(report) ?? SMALL_GROUP);
  const others = [
    outputsVariant(report, problem),
    ...(alongBatch ? [batchVariant(report, problem)] : []),
  ];
  return others.find((variant) => readsPacking(pattern, variant, packing));
}

/** A variant whose turns take the inputs that lie side by side in memory, where they can. */
function inTurnsOf(
  packing: KroneckerSparsePacking,
  { c }: Pattern,
  variant: KroneckerSparseVariant,
): KroneckerSparseVariant {
  if (packing.order !== "vector" || variant.kind !== "register") return variant;
  const { vector } = packing.variant;
  return c % vector === 0 ? { ...variant, reduction: vector } : variant;
}

/** The register-blocked shape. `run` inputs follow one another: all `c`, or one sparse block's. */
export function chooseRegisterKroneckerSparse(
  report: AdapterReport,
  problem: KroneckerSparseProblem,
  run: number = problem.pattern.c,
): RegisterKroneckerSparse {
  const { pattern, batch } = problem;
  // A single vector is the same memory in both layouts, and gets the same kernel.
  const layout = batch === 1 ? "batch-first" : problem.layout;
  const same = { ...problem, layout };
  const group = sharedLoads(report) ?? SMALL_GROUP;
  if (layout === "batch-last" && batch >= group) return batchVariant(report, problem, run);
  if (alongBlocks(pattern.b, pattern.blocks, group)) return blocksVariant(report, same);
  return outputsVariant(report, same);
}

/** The best shape known with invocations along the batch. `run` as for the choice among all. */
export function batchVariant(
  report: AdapterReport,
  { pattern, batch, layout }: KroneckerSparseProblem,
  run: number = pattern.c,
): RegisterKroneckerSparse {
  const subgroup = sharedLoads(report);
  const group = subgroup ?? SMALL_GROUP;
  const vector = layout === "batch-last" ? loadWidth(batch) : 1;
  const tile = outputTile(pattern.b);
  const columns = batch / vector;
  // Few outputs leave registers for more columns, which spread the cost of reading weights.
  const spans = Math.max(4 / vector, 1) * (tile <= 12 && columns >= 4 * group ? 2 : 1);
  return {
    kind: "register",
    lanes: "batch",
    vector,
    spans,
    tile,
    reduction: tile <= 4 && run % 2 === 0 ? 2 : 1,
    broadcast: subgroup ?? "load",
    workgroup: wholeSubgroups(columns / spans, group, 32),
    coalescedStore: false,
  };
}

/** The best shape known with invocations along the blocks. */
export function blocksVariant(
  report: AdapterReport,
  { pattern, batch, layout }: KroneckerSparseProblem,
): RegisterKroneckerSparse {
  const tile = Math.min(pattern.b, 8);
  const vector = layout === "batch-first" && tile <= 2 ? loadWidth(pattern.d) : 1;
  return {
    kind: "register",
    lanes: "blocks",
    vector,
    spans: Math.min(batch, tile <= 4 && vector < 4 ? 8 : 4),
    tile,
    reduction: 1,
    broadcast: "load",
    workgroup: wholeSubgroups(pattern.blocks / vector, sharedLoads(report) ?? SMALL_GROUP, 64),
    coalescedStore: false,
  };
}

/** The best shape known with invocations along the outputs of a block. */
export function outputsVariant(
  report: AdapterReport,
  { pattern, batch, layout }: KroneckerSparseProblem,
): RegisterKroneckerSparse {
  const { b, d } = pattern;
  const subgroup = sharedLoads(report);
  const group = subgroup ?? SMALL_GROUP;
  const vector = b >= 4 * group ? 4 : b >= 2 * group ? 2 : 1;
  const spans = b >= 2 * vector * group ? 2 : 1;
  const tile = Math.min(16, batch);
  const bytes = coalescedStoreBytes({ tile, spans, vector, workgroup: group });
  return {
    kind: "register",
    lanes: "outputs",
    vector,
    spans,
    tile,
    reduction: 1,
    broadcast: subgroup ?? "load",
    workgroup: group,
    // Worth its turns where a store of scattered scalars is dear: not with SwiftShader's four lanes.
    coalescedStore:
      layout === "batch-first" &&
      d % 4 === 0 &&
      group >= 8 &&
      bytes <= report.limits.maxComputeWorkgroupStorageSize,
  };
}

/** The best shape known for weights of few bits, for any number of vectors. */
export function fewBitsVariant(
  report: AdapterReport,
  problem: KroneckerSparseProblem,
): RegisterKroneckerSparse {
  const { pattern, batch } = problem;
  const base = outputsVariant(report, {
    ...problem,
    layout: batch === 1 ? "batch-first" : problem.layout,
  });
  const { b } = pattern;
  const group = base.workgroup;
  const most = wideGroupsPay(base, problem) ? WIDE_SPANS : 4;
  const spans = b >= most * group ? most : b >= 2 * group ? 2 : 1;
  const tile = Math.min(4, batch);
  const workgroup =
    report.kind === "hardware" ? wholeSubgroups(Math.ceil(b / spans), group, 64) : group;
  const bytes = coalescedStoreBytes({ tile, spans, vector: 1, workgroup });
  const coalescedStore =
    base.coalescedStore && bytes <= report.limits.maxComputeWorkgroupStorageSize;
  return { ...base, vector: 1, spans, tile, reduction: UNIT, workgroup, coalescedStore };
}

/**
 * Whether one vector is multiplied faster by workgroups of 64 outputs, which read fewer inputs and longer runs of weights:
 * measured on lavapipe (Mesa 25), one thread and two, in q4. They fill what they read, and are as many as a few cores need.
 */
function wideGroupsPay(
  { broadcast, coalescedStore }: RegisterKroneckerSparse,
  { pattern, batch, weightDtype }: KroneckerSparseProblem,
): boolean {
  if (weightDtype !== "q4" || batch > 1 || broadcast !== 8) return false;
  const outputs = WIDE_SPANS * broadcast;
  const blocks = coalescedStore ? pattern.blocks / 4 : pattern.blocks;
  return pattern.b % outputs === 0 && (blocks * pattern.b) / outputs >= WIDE_GROUPS;
}

/**
 * Outputs for each invocation. Reading the inputs costs as much as about four outputs, and
 * accumulators beyond 32 are slow to compile.
 */
function outputTile(b: number): number {
  let best = 1;
  const cost = (tile: number): number => Math.ceil(b / tile) * (tile + 4);
  for (let tile = 2; tile <= Math.min(b, 32); tile++) {
    if (cost(tile) < cost(best)) best = tile;
  }
  return best;
}

/** Invocations for `needed` lanes: whole subgroups, at most `limit`. */
function wholeSubgroups(needed: number, subgroup: number, limit: number): number {
  return Math.min(Math.ceil(needed / subgroup) * subgroup, Math.max(limit, subgroup));
}
