import { PapilioError } from "@papilio/butterfly";
import { butterflyize } from "@papilio/nn/conversion";
import { ButterflyLinear, type Module } from "@papilio/nn/layers";
import { folderOf, loadModel, readConfig } from "../models/model-folder.ts";

/**
 * Gives a model that is to be trained the numbers of another one of the same sizes. Where it has butterflies and the other
 * one dense layers, these are factorized first: those butterflies that are nearest to them.
 *
 * @param path the folder of the other model
 * @returns how far each factorized layer is from the dense one, by its path: the relative error in the Frobenius norm
 * @throws PapilioError `STATE_DICT_MISMATCH` for a model of other sizes; what reading and factorizing throws
 */
export async function startFrom(
  path: string,
  model: Module,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const other: Module = await loadModel(path, await readConfig(await folderOf(path)), signal);
  const wanted = model.namedModules();
  const reports = await butterflyize(other, {
    layers: (layer) => wanted.get(layer) instanceof ButterflyLinear,
    // Of the same shape: dense layers of others are left, and then differ in name.
    chain: (layer) => {
      const target = wanted.get(layer.path);
      return target instanceof ButterflyLinear ? target.matrices[0]?.chain : undefined;
    },
    maxError: 1,
    maxParameters: 1,
    signal,
  });
  const numbers = other.namedParameters();
  for (const [name, parameter] of model.namedParameters()) {
    const found = numbers.get(name);
    if (found === undefined || `${found.shape}` !== `${parameter.shape}`) {
      throw new PapilioError(
        "STATE_DICT_MISMATCH",
        `${name} of the model is [${parameter.shape.join(", ")}], and ${found === undefined ? "missing" : `[${found.shape.join(", ")}]`} in ${path}.`,
        "Train a model of the same kind and sizes as the one that it starts from.",
      );
    }
    parameter.values = found.values.slice();
  }
  return new Map(
    reports.flatMap(({ path: layer, error }) => (error === undefined ? [] : [[layer, error]])),
  );
}
