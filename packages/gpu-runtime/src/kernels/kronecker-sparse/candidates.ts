import { requireReport } from "../../device/device-checks.ts";
import type { AdapterReport } from "../../device/report.ts";
import { loadWidth } from "../wgsl.ts";
import { coalescedStoreBytes } from "./along-outputs.ts";
import { requireKroneckerSparseProblem } from "./checks.ts";
import {
  batchVariant,
  blocksVariant,
  chooseKroneckerSparse,
  fewBitsVariant,
  outputsVariant,
} from "./choose.ts";
import { matrixVariants } from "./matrix-candidates.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import {
  type KroneckerSparseVariant,
  kroneckerSparseName,
  type RegisterKroneckerSparse,
  readsFewBits,
  type WorkgroupKroneckerSparse,
} from "./variant.ts";
import { workgroupPlan } from "./workgroup-plan.ts";

/** More take longer to compile and to measure than they are likely to gain. */
const MOST = 24;
/** Sums of an invocation, beyond which compilers take seconds and registers spill. */
const MOST_SUMS = 128;

/**
 * Shapes of the fused kernel that may be the fastest for a problem: the one that `chooseKroneckerSparse`
 * takes, those on matrix units where the device has any, then what differs from it by a parameter or two, then the other kinds. At most 24, each
 * with a name of its own (`kroneckerSparseName`), all within the device's limits.
 */
export function kroneckerSparseVariants(
  report: AdapterReport,
  problem: KroneckerSparseProblem,
): KroneckerSparseVariant[] {
  requireReport(report);
  requireKroneckerSparseProblem(problem);
  const chosen = chooseKroneckerSparse(report, problem);
  if (problem.weightDtype !== undefined) {
    const base = fewBitsVariant(report, problem);
    return distinct(report, problem, [chosen, base, ...nearby(report, base)]);
  }
  const registers = [batchVariant, outputsVariant, blocksVariant].map((shape) =>
    shape(report, problem),
  );
  const staged = stagedVariants(problem);
  const matrix = matrixVariants(report, problem);
  // Unlike ones before their neighbours: a time limit cuts off the end.
  const proposed =
    chosen.kind === "workgroup"
      ? [
          chosen,
          ...matrix,
          ...(chosen.neighbours > 1 ? besides(chosen) : []),
          ...staged,
          ...registers,
          ...registers.flatMap((base) => nearby(report, base)),
        ]
      : [
          chosen,
          ...matrix,
          ...registers,
          ...(chosen.kind === "register" ? nearby(report, chosen) : []),
          ...staged.slice(0, 2),
          ...registers.flatMap((base) => nearby(report, base)),
        ];
  return distinct(report, problem, proposed);
}

/** Those that are valid, each once. */
function distinct(
  report: AdapterReport,
  problem: KroneckerSparseProblem,
  proposed: readonly KroneckerSparseVariant[],
): KroneckerSparseVariant[] {
  const valid = proposed.filter((variant) => suits(report, problem, variant));
  const byName = new Map(valid.map((variant) => [kroneckerSparseName(variant), variant]));
  return [...byName.values()].slice(0, MOST);
}

/** Shapes that differ from one by a parameter, or by two that make up for each other. */
function nearby(report: AdapterReport, base: RegisterKroneckerSparse): RegisterKroneckerSparse[] {
  const { vector, spans, tile, reduction, broadcast, workgroup, coalescedStore } = base;
  const { subgroups } = report.features;
  const subgroup = subgroups !== null && subgroups.min === subgroups.max ? subgroups.min : "load";
  const fewer = { tile: Math.ceil(tile / 2), spans: Math.ceil(spans / 2) };
  const changes: Partial<RegisterKroneckerSparse>[] = [
    { tile: fewer.tile },
    { tile: 2 * tile },
    { spans: fewer.spans },
    { spans: 2 * spans },
    { reduction: 2 * reduction },
    { workgroup: workgroup / 2 },
    { workgroup: 2 * workgroup },
    { tile: fewer.tile, spans: 2 * spans },
    { tile: 2 * tile, spans: fewer.spans },
    { broadcast: broadcast === "load" ? subgroup : "load" },
    { coalescedStore: !coalescedStore },
    { reduction: 4 * reduction },
    ...([4, 2, 1] as const).map((width) => ({
      vector: width,
      spans: Math.max(1, (spans * vector) / width),
    })),
    { tile: fewer.tile, reduction: 2 * reduction },
  ];
  return changes.map((change) => ({ ...base, ...change }));
}

/** Shapes with other tiles for as many neighbouring blocks, and with other numbers of these. */
function besides(base: WorkgroupKroneckerSparse): WorkgroupKroneckerSparse[] {
  const { tileM, tileN, tileK, threadM, threadN, neighbours } = base;
  const changes: Partial<WorkgroupKroneckerSparse>[] = [
    { tileK: 2 * tileK },
    { tileK: tileK / 2 },
    { tileN: tileN / 2, threadN: threadN / 2 },
    { tileM: tileM / 2, threadM: threadM / 2 },
    { neighbours: neighbours / 2, tileM: 2 * tileM },
    { neighbours: neighbours / 2, tileN: 2 * tileN },
  ];
  return changes.map((change) => ({ ...base, ...change }));
}

/** Tiles that matrix products on GPUs use, from 16 x 32 to 128 x 128, that the problem fills. */
function stagedVariants({ pattern, batch }: KroneckerSparseProblem): WorkgroupKroneckerSparse[] {
  const shapes = [
    [64, 64, 16, 4, 4],
    [32, 32, 16, 4, 2],
    [64, 64, 8, 8, 8],
    [128, 128, 8, 8, 8],
    [128, 64, 8, 8, 8],
    [64, 128, 8, 8, 8],
    [64, 64, 32, 8, 4],
    [32, 64, 16, 4, 4],
    [32, 128, 16, 4, 8],
    [64, 32, 16, 4, 4],
    [16, 64, 16, 2, 4],
    [16, 128, 8, 4, 4],
  ] as const;
  return shapes
    .filter(([tileM, tileN]) => tileM < 2 * pattern.b && tileN < 2 * batch)
    .map(([tileM, tileN, tileK, threadM, threadN]) => ({
      kind: "workgroup",
      tileM,
      tileN,
      tileK,
      threadM,
      threadN,
      neighbours: 1,
    }));
}

/** Whether a variant keeps to what its kernel assumes (see {@link KroneckerSparseVariant}) and to the device. */
export function suits(
  { limits }: AdapterReport,
  problem: KroneckerSparseProblem,
  variant: KroneckerSparseVariant,
): boolean {
  const { pattern, batch, weightDtype } = problem;
  if (weightDtype !== undefined && !readsFewBits(variant)) return false;
  const layout = batch === 1 ? "batch-first" : problem.layout;
  // Made for the problem and the device.
  if (variant.kind === "matrix") return true;
  if (variant.kind === "vector") {
    return variant.splitK * variant.groups <= limits.maxComputeInvocationsPerWorkgroup;
  }
  if (variant.kind === "workgroup") {
    const { threads, bytes } = workgroupPlan(variant);
    const { tileK, threadM, threadN, neighbours } = variant;
    return (
      [threads, tileK, threadM, threadN, neighbours].every(Number.isInteger) &&
      threads <= limits.maxComputeInvocationsPerWorkgroup &&
      bytes <= limits.maxComputeWorkgroupStorageSize
    );
  }
  const { lanes, vector, spans, tile, reduction, broadcast, workgroup, coalescedStore } = variant;
  const contiguous = {
    batch: layout === "batch-last" ? loadWidth(batch) : 1,
    outputs: 4,
    blocks: layout === "batch-first" ? loadWidth(pattern.d) : 1,
  };
  const group = broadcast === "load" ? 1 : broadcast;
  return (
    [tile, spans, workgroup].every(Number.isInteger) &&
    tile * spans * vector <= MOST_SUMS &&
    tile <= (lanes === "outputs" ? batch : pattern.b) &&
    (weightDtype !== undefined || pattern.c % reduction === 0) &&
    vector <= contiguous[lanes] &&
    Number.isInteger(workgroup / group) &&
    workgroup <= limits.maxComputeInvocationsPerWorkgroup &&
    (broadcast === "load" || lanes !== "blocks") &&
    (!coalescedStore ||
      (lanes === "outputs" &&
        layout === "batch-first" &&
        pattern.d % 4 === 0 &&
        coalescedStoreBytes(variant) <= limits.maxComputeWorkgroupStorageSize))
  );
}
