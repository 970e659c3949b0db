import { describeValue } from "@papilio/butterfly/errors";
import { having, number } from "../arguments/checks.ts";
import { Linear } from "../layers/linear.ts";
import type { Module } from "../modules/module.ts";
import type { Parameter } from "../modules/parameter.ts";
import { quoteNames } from "../weights/weights-error.ts";
import { type Adapter, type AdapterLayer, adapterCheck } from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";
import { changedWeight } from "./changed-weight.ts";

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
  having("a model", "namedModules", "namedParameters")("The model", model);
  adapterCheck("The adapter", adapter);
  number("The scale of an adapter", scale);
  const modules = model.namedModules();
  const parameters = model.namedParameters();
  const targets = adapter.targets.map((target) => ({
    ...target,
    weights: target.layers.map((layer) =>
      weightOf(modules.get(layer.path), layer, target.inFeatures),
    ),
  }));
  const saved = [...adapter.saved].map(([name, tensor]) => {
    const parameter = parameters.get(name);
    if (parameter !== undefined && String(parameter.shape) === String(tensor.shape)) {
      return [parameter, tensor] as const;
    }
    throw adapterError(
      "ADAPTER_MISMATCH",
      `The model has no parameter ${quoteNames([name])} of shape [${tensor.shape.join(", ")}], which the adapter has.`,
    );
  });
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

function weightOf(layer: unknown, { path, begin, end }: AdapterLayer, cols: number): Parameter {
  const rows = end - begin;
  if (layer instanceof Linear && layer.outFeatures === rows && layer.inFeatures === cols) {
    return layer.weight;
  }
  throw adapterError(
    "ADAPTER_MISMATCH",
    layer instanceof Linear
      ? `The layer ${describeValue(path)} is [${layer.outFeatures}, ${layer.inFeatures}], but the adapter is for one of [${rows}, ${cols}].`
      : `The model has no dense linear layer ${describeValue(path)} to merge the adapter into.`,
  );
}
