import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import { SparseMatrix } from "../../adjacency/sparse-matrix.ts";
import type { Value } from "../../graph/value.ts";
import type { GradientContext } from "../gradient-context.ts";
import { sparseLinear } from "../sparse-linear/operation.ts";
import { type GatherFeaturesOperation, gatherFeatures } from "./operation.ts";

/** The features where they came from, zeros for those that were left out; sums of those that were taken several times. */
export function gradientOfGatherFeatures(
  { x, map, path }: GatherFeaturesOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (!to.needs(x)) return;
  const back = new Uint32Array(x.features).fill(ZERO_FEATURE);
  let takesOnce = true;
  map.forEach((feature, index) => {
    if (feature === ZERO_FEATURE) return;
    takesOnce &&= back[feature] === ZERO_FEATURE;
    back[feature] = index;
  });
  if (takesOnce) {
    to.add(x, gatherFeatures(dy, back, path));
    return;
  }
  const taken = Array.from(map.keys()).filter((index) => map[index] !== ZERO_FEATURE);
  const entries = { rows: taken.map((index) => map[index] as number), columns: taken };
  const sums = SparseMatrix.fromEntries([x.features, map.length], entries);
  to.add(x, sparseLinear(dy, sums, path));
}
