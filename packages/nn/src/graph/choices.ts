import { requireOneOf } from "@papilio/butterfly";
import { ACTIVATION_KINDS } from "@papilio/gpu-runtime";
import type { Operation, WithoutOutput } from "./operation.ts";

/** Of each operation's field that is a choice, what there is. */
const CHOICES: { readonly [K in Operation["kind"]]?: Readonly<Record<string, readonly string[]>> } =
  {
    aggregate: { reduce: ["mean", "sum", "max"] },
    combine: { operation: ["add", "multiply"] },
    normalize: { norm: ["layer", "rms", "l2"] },
    pool: { pool: ["max", "average"] },
    "reduce-vectors": { reduce: ["mean", "sum", "max"] },
    rotary: { style: ["interleaved", "halves"] },
    unfold: { source: ["image", "pixels"] },
  };

/**
 * Refuses an operation of a graph with a choice that there is not, as JavaScript can hand in.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireChoices(operation: WithoutOutput<Operation>): void {
  const { kind } = operation;
  for (const [name, choices] of Object.entries(CHOICES[kind] ?? {})) {
    const value = (operation as unknown as Record<string, unknown>)[name];
    requireOneOf(`${name} of ${kind}`, value, choices);
  }
  if (kind !== "activation") return;
  requireOneOf("The activation", operation.activation.kind, ACTIVATION_KINDS);
  if (operation.activation.kind !== "gelu") return;
  requireOneOf("approximate of gelu", operation.activation.approximate, ["none", "tanh"]);
}
