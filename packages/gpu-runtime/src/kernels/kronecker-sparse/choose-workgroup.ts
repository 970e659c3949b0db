import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { AdapterReport } from "../../device/report.ts";
import { powerOfTwoUpTo } from "../powers-of-two.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import type { WorkgroupKroneckerSparse } from "./variant.ts";
import { fillingNeighbours, SECTOR, workgroupPlan } from "./workgroup-plan.ts";

/** Blocks side by side beyond which tiles become so small that what they read again costs more. */
const MOST_NEIGHBOURS = 64;
/** Invocations and workgroup memory that WebGPU promises, which leave room for several workgroups. */
const INVOCATIONS = 256;
const BYTES = 2 ** 14;

/**
 * The shape that stages tiles, for a problem on a GPU: what matrix products on GPUs do; when batch-first for
 * as many neighbouring blocks at once as fill the sectors of memory that their inputs and outputs lie in.
 */
export function chooseWorkgroupKroneckerSparse(
  { limits }: Pick<AdapterReport, "limits">,
  { pattern, batch, layout, dtype }: KroneckerSparseProblem,
): WorkgroupKroneckerSparse {
  const { bytes } = FLOAT_FORMATS[dtype];
  const neighbours =
    layout === "batch-first" ? fillingNeighbours(pattern, bytes, MOST_NEIGHBOURS) : 1;
  const { b, c } = pattern;
  const tileM = b >= 64 ? 64 : b >= 32 ? 32 : b > 8 ? 16 : 8;
  const tileN = batch >= 64 ? 64 : 32;
  // 33 to 63 outputs fill a tile of 64 as well as two of 32, which would read the inputs twice.
  const rows = b > 32 ? 64 : tileM;
  const single = {
    kind: "workgroup",
    tileM: rows,
    tileN,
    tileK: 16,
    neighbours: 1,
    ...threadsOf(rows, layout === "batch-first" && pattern.d === 1 ? bytes : 4),
  } as const;
  if (neighbours === 1) return single;
  // Fewer outputs and entries of each block, the more blocks there are; as many sums as registers hold.
  const invocations = Math.min(INVOCATIONS, limits.maxComputeInvocationsPerWorkgroup);
  const threadM = 8;
  const threadN = neighbours > 8 ? 8 : 4;
  const each = Math.max(1, Math.floor(invocations / neighbours));
  const most = neighbours < 4 ? 64 : neighbours <= 16 ? 32 : 16;
  const threadRows = Math.min(powerOfTwoUpTo(each), Math.min(tileM, most) / threadM);
  const threadColumns = Math.min(powerOfTwoUpTo(each / threadRows), tileN / threadN);
  const several = {
    ...single,
    tileM: threadRows * threadM,
    tileN: threadColumns * threadN,
    threadM,
    threadN,
    neighbours,
  };
  const memory = Math.min(BYTES, limits.maxComputeWorkgroupStorageSize);
  const depths = [16, 8, 4, 2].filter((tileK) => tileK < 2 * c);
  const variants = [...depths, 1].map((tileK) => ({ ...several, tileK }));
  return variants.find((variant) => workgroupPlan(variant).bytes <= memory) ?? single;
}

/**
 * Outputs and entries of each invocation: eight invocations along the outputs, which write 32 bytes in f32. Where
 * outputs are neighbours in memory and half as wide, twice as many write a whole sector. That is worth it for tiles
 * of 64 outputs: of smaller ones an invocation would have so few that it reads workgroup memory more often.
 *
 * @param bytes of an element where outputs are neighbours in memory, else 4
 */
function threadsOf(
  tileM: number,
  bytes: number,
): Pick<WorkgroupKroneckerSparse, "threadM" | "threadN"> {
  return bytes < 4 && tileM === 64
    ? { threadM: tileM / (SECTOR / bytes), threadN: 8 }
    : { threadM: tileM / 8, threadN: 4 };
}
