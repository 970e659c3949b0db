import type { Model } from "@papilio/nn";
import { LinearLayer } from "@papilio/nn/layers";
import { workOf } from "@papilio/nn/placement";
import type { Inference } from "./task.ts";

/** Of a model, in float32. */
export interface Sizes {
  readonly linearWeights: number;
  /** Of all parameters. */
  readonly bytes: number;
  /** Arithmetic of a run, roughly. */
  readonly flops: number;
}

export function sizesOf({ model, graph }: Inference): Sizes {
  const { products, besides = { operations: 0, flops: 0 } } = workOf(graph);
  const linearFlops = products.reduce(
    (sum, { chain, batch }) => sum + 2 * batch * chain.nonZeros,
    0,
  );
  return {
    linearWeights: linearWeights(model),
    bytes: 4 * model.parameterCount,
    flops: linearFlops + besides.flops,
  };
}

/** Numbers of all linear layers, without biases. */
export function linearWeights(model: Model<never>): number {
  let sum = 0;
  for (const module of model.namedModules().values()) {
    if (module instanceof LinearLayer) sum += module.weightCount;
  }
  return sum;
}
