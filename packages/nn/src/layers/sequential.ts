import { having, listOf } from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";

/** A module that makes one value of another. */
export interface Layer extends Module {
  forward(x: Value): Value;
}

/** Layers one after the other, named by their numbers. */
export class Sequential extends Module {
  constructor(layers: readonly Layer[]) {
    super();
    listOf(having("a layer", "forward"))("The layers", layers);
    layers.forEach((layer, index) => {
      this.child(String(index), layer);
    });
  }

  forward(x: Value): Value {
    let value = x;
    for (const layer of this.children.values()) value = (layer as Layer).forward(value);
    return value;
  }
}
