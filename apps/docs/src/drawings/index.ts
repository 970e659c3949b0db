import { Chain } from "@papilio/butterfly";
import { accuracyDrawing, boundsDrawing, frontDrawing } from "./factorization.ts";
import { fusedKernelDrawing, layoutsDrawing, trafficDrawing } from "./memory.ts";
import { cpuPlanDrawing, plansDrawing } from "./plans.ts";
import { arenaDrawing, poolDrawing } from "./pool.ts";
import { chainDrawing, mergingDrawing, patternsDrawing, splitsDrawing } from "./supports.ts";
import type { Drawing } from "./svg.ts";

/** Every drawing of the site. */
export async function allDrawings(): Promise<Drawing[]> {
  return [
    patternsDrawing(),
    chainDrawing(
      "dyadic",
      Chain.squareDyadic(16),
      96,
      "The square dyadic chain of 16: four factors of 2 × 2 blocks, 128 values together, whose product is a dense matrix of 256.",
    ),
    chainDrawing(
      "monarch",
      Chain.monarch(64),
      150,
      "A Monarch chain of 64: two factors with 8 blocks of 8 × 8 each. 1024 values stand for 4096 entries; at 4096 × 4096 it is 1 value for 32.",
    ),
    mergingDrawing(),
    splitsDrawing(),
    trafficDrawing(),
    layoutsDrawing(),
    fusedKernelDrawing(),
    plansDrawing(),
    await cpuPlanDrawing(),
    arenaDrawing(),
    poolDrawing(),
    await frontDrawing(),
    await boundsDrawing(),
    accuracyDrawing(),
  ];
}
