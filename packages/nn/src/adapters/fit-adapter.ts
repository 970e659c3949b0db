import { describeValue } from "@papilio/butterfly/errors";
import { having } from "../arguments/checks.ts";
import { Linear } from "../layers/linear.ts";
import type { Module } from "../modules/module.ts";
import type { Parameter } from "../modules/parameter.ts";
import type { StoredTensor } from "../weights/stored-tensor.ts";
import { quoteNames } from "../weights/weights-error.ts";
import { type Adapter, type AdapterLayer, type AdapterTarget, adapterCheck } from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";

/** A target of an adapter with the dense weights of a model, one for each of its layers. */
export interface FittedTarget extends AdapterTarget {
  readonly weights: readonly Parameter[];
}

/** What an adapter changes of a model. */
export interface FittedAdapter {
  readonly targets: readonly FittedTarget[];
  /** Parameters, and what takes the place of their numbers. */
  readonly saved: readonly (readonly [Parameter, StoredTensor])[];
}

/**
 * Finds all that an adapter changes in a model; no number is decoded.
 *
 * @throws PapilioError `OPTION_INVALID`; `ADAPTER_MISMATCH` for a layer that is not there or not dense
 */
export function fitAdapter(model: Module, adapter: Adapter): FittedAdapter {
  having("a model", "namedModules", "namedParameters")("The model", model);
  adapterCheck("The adapter", adapter);
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
  return { targets, saved };
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
      : `The model has no dense linear layer ${describeValue(path)} for the adapter.`,
  );
}
