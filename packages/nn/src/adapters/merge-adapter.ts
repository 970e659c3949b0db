import { number } from "../arguments/checks.ts";
import type { Module } from "../modules/module.ts";
import type { Adapter } from "./adapter.ts";
import { changedWeight } from "./changed-weight.ts";
import { fitAdapter } from "./fit-adapter.ts";

/**
 * Merges an adapter into the weights of a model, each computed in float64 and rounded once: the model then costs what
 * it did without. All layers are found first; numbers are decoded module by module. Models that were compiled before
 * keep the weights that they have packed.
 *
 * Of several adapters, each is merged into what the one before it left, which is their sum where they add to weights.
 *
 * @param scale of the difference that the adapter makes: 1 as it was trained, 0 for none; tensors of modules that were
 *   trained as a whole take the place of the model's at any other scale than 0
 * @throws PapilioError `OPTION_INVALID`; `ADAPTER_MISMATCH` for a layer that is not there or not dense;
 *   `MATRIX_NOT_FINITE` for rotations of numbers that are not finite; what reading a tensor throws
 *
 * @example
 * ```ts
 * const adapter = await loadAdapter(model, "adapters/poems");
 * mergeAdapter(model, adapter, 0.5);
 * ```
 */
export function mergeAdapter(model: Module, adapter: Adapter, scale: number = 1): void {
  number("The scale of an adapter", scale);
  const { targets, saved } = fitAdapter(model, adapter);
  if (scale === 0) return;
  for (const { weights, ...target } of targets) {
    const whole = new Float64Array(target.outFeatures * target.inFeatures);
    const firsts = target.layers.map(({ begin }) => begin * target.inFeatures);
    weights.forEach((weight, index) => {
      whole.set(weight.values, firsts[index]);
    });
    const changed = changedWeight(target, whole);
    for (const [index, weight] of weights.entries()) {
      const from = firsts[index] as number;
      const values = new Float32Array(weight.length);
      for (let at = 0; at < values.length; at++) {
        const before = whole[from + at] as number;
        const after = changed[from + at] as number;
        values[at] = scale === 1 ? after : before + scale * (after - before);
      }
      weight.values = values;
    }
  }
  for (const [parameter, tensor] of saved) parameter.values = tensor.toReal("float32");
}
