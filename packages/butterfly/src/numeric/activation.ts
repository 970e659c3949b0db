import { requireObject, requireOneOf } from "../errors/argument-checks.ts";
import { describeValue } from "../errors/describe-value.ts";
import { PapilioError } from "../errors/papilio-error.ts";

/** A function that is applied to every number: the names and defaults are PyTorch's. */
export type Activation =
  /** `max(0, x)`, and at most `upper` where given, as in ReLU6. */
  | { readonly kind: "relu"; readonly upper?: number }
  | { readonly kind: "leaky-relu"; readonly negativeSlope: number }
  /** `x` where positive, else `alpha * (exp(x) - 1)`. */
  | { readonly kind: "elu"; readonly alpha: number }
  /** `x Φ(x)`, by the error function or by its approximation with tanh. */
  | { readonly kind: "gelu"; readonly approximate: "none" | "tanh" }
  /** `x / (1 + exp(-x))`, also known as swish. */
  | { readonly kind: "silu" }
  | { readonly kind: "sigmoid" }
  | { readonly kind: "tanh" };

/** The kinds of activations. */
export const ACTIVATION_KINDS: readonly Activation["kind"][] = [
  "relu",
  "leaky-relu",
  "elu",
  "gelu",
  "silu",
  "sigmoid",
  "tanh",
];

/** The numbers that each kind has, and whether it may be without one. */
const PARAMETERS: Readonly<Record<string, readonly [name: string, optional: boolean]>> = {
  relu: ["upper", true],
  "leaky-relu": ["negativeSlope", false],
  elu: ["alpha", false],
};

/**
 * Refuses what is not an activation.
 *
 * @throws PapilioError `OPTION_INVALID`; `ACTIVATION_INVALID` unless its parameters are numbers that
 *   float32 has
 */
export function requireActivation(name: string, value: unknown): void {
  requireObject(name, value, "an activation");
  const activation = value as Activation;
  const kind = requireOneOf(`The kind of ${name}`, activation.kind, ACTIVATION_KINDS);
  if (activation.kind === "gelu") {
    requireOneOf(`approximate of ${name}`, activation.approximate, ["none", "tanh"]);
  }
  const [parameter, optional] = PARAMETERS[kind] ?? [];
  if (parameter === undefined) return;
  const number: unknown = Reflect.get(activation, parameter);
  if (optional && number === undefined) return;
  if (typeof number === "number" && Number.isFinite(Math.fround(number))) return;
  throw new PapilioError(
    "ACTIVATION_INVALID",
    `The activation ${kind} has ${parameter} = ${describeValue(number)}, which is no finite number in float32.`,
    "Give a finite number, or leave it out where it is optional.",
  );
}
