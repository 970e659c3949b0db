import type { Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { gatherFeatures } from "../gather-features/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import { normalizeGradient } from "../normalize-gradient/operation.ts";
import { normalizeParametersGradient } from "../normalize-parameters-gradient/operation.ts";
import { reduceVectors } from "../reduce-vectors/operation.ts";
import type { NormalizeOperation } from "./operation.ts";

export function gradientOfNormalize(
  operation: NormalizeOperation,
  dy: Value,
  to: GradientContext,
): void {
  const { x, norm, epsilon, weight, bias, path } = operation;
  if (to.needs(x)) to.add(x, normalizeGradient(x, dy, { path, norm, epsilon, weight }));
  const needed = (parameter: Parameter | undefined): parameter is Parameter =>
    parameter !== undefined && to.needs(parameter);
  if (!needed(weight)) {
    if (needed(bias)) {
      to.addParameter(bias, reduceVectors(dy, { path, reduce: "sum", period: dy.vectors }));
    }
    return;
  }
  const options = { path, norm, epsilon, bias: needed(bias) };
  const both = normalizeParametersGradient(x, dy, options);
  if (!needed(bias)) {
    to.addParameter(weight, both);
    return;
  }
  const { features } = x;
  const part = (first: number): Value =>
    gatherFeatures(
      both,
      Uint32Array.from({ length: features }, (_, f) => first + f),
      path,
    );
  to.addParameter(weight, part(0));
  to.addParameter(bias, part(features));
}
