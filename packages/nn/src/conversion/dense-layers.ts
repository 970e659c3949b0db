import { type Check, callback, either, optional, regularExpression } from "../arguments/checks.ts";
import { Linear } from "../layers/linear.ts";
import type { Module } from "../modules/module.ts";

/** Which dense layers of a model, by their paths. */
export type LayerChoice = RegExp | ((path: string, layer: Linear) => boolean);

export const layerChoice: Check = optional(either(callback, regularExpression));

/** The dense layers of a model by their paths: all of them unless some are chosen. */
export function denseLayers(model: Module, layers: LayerChoice | undefined): Map<string, Linear> {
  const found = new Map<string, Linear>();
  for (const [path, module] of model.namedModules()) {
    if (!(module instanceof Linear) || path === "") continue;
    const wanted = layers instanceof RegExp ? layers.test(path) : (layers?.(path, module) ?? true);
    if (wanted) found.set(path, module);
  }
  return found;
}
