import { PapilioError } from "@papilio/butterfly";
import { requireOptions } from "@papilio/butterfly/errors";
import { having, objectOf, signal as signalCheck } from "../arguments/checks.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import type { Module } from "../modules/module.ts";
import type { Parameter } from "../modules/parameter.ts";
import { butterflyize } from "./butterflyize.ts";

export interface InitializeFromOptions {
  readonly signal?: AbortSignal;
}

/**
 * Gives a model that is to be trained the numbers of another one of the same sizes. Where it has butterflies and the other
 * one dense layers, these are factorized first: those butterflies that are nearest to them, padded with zeros where the
 * butterflies are larger.
 *
 * @param model whose parameters are set, which keep nothing of the other's
 * @param other of the same sizes: its dense layers become butterflies
 * @returns how far each factorized layer is from the dense one, by its path: the relative error in the Frobenius norm
 * @throws PapilioError `STATE_DICT_MISMATCH` for a model of other sizes; what `butterflyize` throws
 *
 * @example
 * ```ts
 * const errors = await initializeFrom(model, dense);
 * ```
 */
export async function initializeFrom(
  model: Module,
  other: Module,
  options: InitializeFromOptions = {},
): Promise<ReadonlyMap<string, number>> {
  const module = having("a Module", "namedModules", "namedParameters");
  module("The model", model);
  module("The other model", other);
  requireOptions("The options of initializeFrom", options);
  objectOf({ signal: signalCheck })("The options of initializeFrom", options);
  const wanted = model.namedModules();
  const reports = await butterflyize(other, {
    layers: (layer) => wanted.get(layer) instanceof ButterflyLinear,
    // Dense layers of larger sizes are left, and then differ in name.
    chain: (layer) => {
      const target = wanted.get(layer.path);
      if (!(target instanceof ButterflyLinear)) return undefined;
      const { inFeatures, outFeatures, matrices } = target;
      const isSame = inFeatures === layer.inFeatures && outFeatures === layer.outFeatures;
      return isSame && matrices.length === 1 ? matrices[0]?.chain : undefined;
    },
    maxError: 1,
    maxParameters: 1,
    ...options,
  });
  const numbers = other.namedParameters();
  const found: [Parameter, Float32Array][] = [];
  for (const [name, parameter] of model.namedParameters()) {
    const known = numbers.get(name);
    if (known === undefined || `${known.shape}` !== `${parameter.shape}`) {
      throw new PapilioError(
        "STATE_DICT_MISMATCH",
        `${name} of the model is [${parameter.shape.join(", ")}], and ${known === undefined ? "missing" : `[${known.shape.join(", ")}]`} in the one that it starts from.`,
        "Give a model of the same kind and sizes.",
      );
    }
    found.push([parameter, known.values]);
  }
  for (const [parameter, values] of found) parameter.values = values.slice();
  return new Map(
    reports.flatMap(({ path, error }) => (error === undefined ? [] : [[path, error]])),
  );
}
