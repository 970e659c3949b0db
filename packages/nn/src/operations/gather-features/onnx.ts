import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import type { OnnxBuilder, OnnxValue } from "../onnx-builder.ts";
import { isPositive } from "../shared/onnx-numbers.ts";
import type { GatherFeaturesOperation } from "./operation.ts";

export function exportGatherFeatures(
  { x, map }: GatherFeaturesOperation,
  to: OnnxBuilder,
): OnnxValue {
  const found = map.map((feature) => (feature === ZERO_FEATURE ? 0 : feature));
  const gathered = to.gather(to.of(x), to.integers(found), 1);
  if (!map.includes(ZERO_FEATURE)) return gathered;
  const there = to.integers(Uint8Array.from(map, (feature) => (feature === ZERO_FEATURE ? 0 : 1)));
  return to.each("Where", isPositive(there, to), gathered, to.scalar(0));
}
