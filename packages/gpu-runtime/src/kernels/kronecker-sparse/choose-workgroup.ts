import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { AdapterReport } from "../../device/report.ts";
import { powerOfTwoUpTo } from "../powers-of-two.ts";
import type { KroneckerSparseProblem } from "./problem.ts";
import type { WorkgroupKroneckerSparse } from "./variant.ts";
import { fillingNeighbours, workgroupPlan } from "./workgroup-plan.ts";

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
  const single = { kind: "workgroup", tileM, tileN, tileK: 16, threadN: 4, neighbours: 1 } as const;
  if (neighbours === 1) return { ...single, threadM: tileM / 8 };
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
  return (
    variants.find((variant) => workgroupPlan(variant).bytes <= memory) ?? {
      ...single,
      threadM: tileM / 8,
    }
  );
}
