import { PapilioError } from "@papilio/butterfly";
import type { Value } from "../../graph/value.ts";
import { Parameter } from "../../modules/parameter.ts";
import type { GradientContext } from "../gradient-context.ts";
import { type RotaryOperation, rotary } from "./operation.ts";

/** Of tables of sines: those of the angles with the other sign, which graphs share. */
const opposite = new WeakMap<Parameter, Parameter>();

/** The rotation by the opposite angles. */
export function gradientOfRotary(
  { x, headFeatures, style, cosines, sines, period, position, path }: RotaryOperation,
  dy: Value,
  to: GradientContext,
): void {
  if (to.needs(cosines) || to.needs(sines)) {
    throw new PapilioError(
      "GRADIENT_UNAVAILABLE",
      `The angles of rotary position embedding${path && ` of ${path}`} have no gradient here.`,
      "Ask for the gradients of other parameters: these are tables of a formula.",
    );
  }
  const negated =
    opposite.get(sines) ??
    new Parameter(sines.shape, (values) => values.set(sines.values.map((sine) => -sine)));
  opposite.set(sines, negated);
  const options = { headFeatures, style, cosines, sines: negated, period, position, path };
  if (to.needs(x)) to.add(x, rotary(dy, options));
}
