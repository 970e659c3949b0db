import type { Chain } from "@papilio/butterfly";
import type { AdapterReport } from "../../device/report.ts";
import { sharedLoads } from "../shared-loads.ts";
import { elementsOf, mostElements } from "./elements-of.ts";
import { localWeights, localWidth, partsOf } from "./local-factors.ts";
import type { FusedChainProblem } from "./problem.ts";
import type { FusedChainVariant, RegisterFusedChain, WorkgroupFusedChain } from "./variant.ts";
import { workgroupRangeBytes } from "./workgroup-shader.ts";

/**
 * Numbers that an invocation keeps at most, and products of a block that are written out one by one.
 * A GPU has hundreds of registers for each invocation. A software adapter spills beyond its 16, and
 * takes seconds to compile more than this (lavapipe, Mesa 25: 0.4 s for 48 products, 1.5 s for 128).
 */
const MOST = {
  hardware: { registers: 64, products: 512 },
  software: { registers: 64, products: 64 },
};

/** Factors of one pass over workgroup memory have blocks of at most this width. */
const PASS_WIDTH = 16;

/**
 * Picks the kernel's shape for a device and a chain, or none where fusing makes no sense: where a block
 * is too large for registers and for workgroup memory, or where memory would be read with strides.
 */
export function chooseFusedChain(
  report: AdapterReport,
  problem: FusedChainProblem,
): FusedChainVariant | undefined {
  const { kind } = report;
  // Invocations run along the batch: a GPU wants neighbours there to be neighbours in memory.
  if (kind === "hardware" && problem.layout === "batch-first" && problem.batch > 1)
    return undefined;
  const most = MOST[kind];
  const { chain } = problem;
  if (localWidth(chain) <= most.registers && localWeights(chain) <= most.products) {
    return registerVariant(report, problem);
  }
  return kind === "hardware" ? workgroupVariant(report, problem) : undefined;
}

function registerVariant(report: AdapterReport, problem: FusedChainProblem): RegisterFusedChain {
  const { chain, batch } = problem;
  const subgroup = sharedLoads(report);
  const group = subgroup ?? 32;
  const affordable = Math.floor(MOST[report.kind].registers / localWidth(chain));
  const most = mostElements(problem);
  const vector = affordable >= 4 ? most : affordable >= 2 && most > 1 ? 2 : 1;
  const { columns, blocks } = elementsOf(problem, vector);
  const lanes = batch < group && blocks > columns ? "blocks" : "batch";
  const along = lanes === "batch" ? columns : blocks;
  return {
    kind: "register",
    lanes,
    vector,
    broadcast: lanes === "batch" && subgroup !== null ? subgroup : "load",
    workgroup: Math.min(Math.ceil(along / group) * group, subgroup === null ? 64 : 32),
  };
}

function workgroupVariant(
  { limits }: AdapterReport,
  problem: FusedChainProblem,
): WorkgroupFusedChain | undefined {
  const passes = passesOf(problem.chain);
  if (passes === undefined) return undefined;
  for (let tileN = 16; tileN >= 1; tileN /= 2) {
    const bytes = workgroupRangeBytes(problem, { tileN, passes });
    // Half of what there is, so that two workgroups fit one processor.
    if (2 * bytes > limits.maxComputeWorkgroupStorageSize && tileN > 1) continue;
    if (bytes > limits.maxComputeWorkgroupStorageSize) return undefined;
    return { kind: "workgroup", tileN, passes, workgroup: 128 };
  }
  return undefined;
}

/** As few passes as blocks of {@link PASS_WIDTH} allow, or none where a factor has larger ones. */
function passesOf(chain: Chain): number[] | undefined {
  const passes: number[] = [];
  for (let done = 0; done < chain.length; ) {
    let length = chain.length - done;
    while (length > 0 && !fitsPass(chain, done, length)) length--;
    if (length === 0) return undefined;
    passes.push(length);
    done += length;
  }
  return passes;
}

function fitsPass(chain: Chain, from: number, length: number): boolean {
  const rest = chain.length - from - length;
  const lengths = [from, length, rest].filter((part) => part > 0);
  const part = partsOf(chain, lengths).find((candidate) => candidate.from === from);
  return part !== undefined && localWidth(part.chain) <= PASS_WIDTH;
}
