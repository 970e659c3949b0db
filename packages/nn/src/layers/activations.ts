import type { Activation } from "@papilio/butterfly/numeric";
import { flag, objectOf, oneOf, optional } from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { activate } from "../operations/activation/operation.ts";
import { softmax } from "../operations/softmax/operation.ts";

/** A function that is applied to every number. */
class ActivationLayer extends Module {
  readonly activation: Activation;

  constructor(activation: Activation) {
    super();
    this.activation = activation;
  }

  forward(x: Value): Value {
    return activate(x, this.activation, this.path);
  }
}

/** `max(0, x)`. */
export class ReLU extends ActivationLayer {
  constructor() {
    super({ kind: "relu" });
  }
}

/** `x Φ(x)`; by the error function unless `approximate` is `"tanh"` (arXiv 1606.08415). */
export class GELU extends ActivationLayer {
  constructor(options: { readonly approximate?: "none" | "tanh" } = {}) {
    objectOf({ approximate: optional(oneOf("none", "tanh")) })("GELU", options);
    super({ kind: "gelu", approximate: options.approximate ?? "none" });
  }
}

/** `x / (1 + exp(-x))`. */
export class SiLU extends ActivationLayer {
  constructor() {
    super({ kind: "silu" });
  }
}

/** `exp(x) / sum(exp(x))` over the features of each vector; its logarithm with `log`. */
export class Softmax extends Module {
  readonly log: boolean;

  constructor(options: { readonly log?: boolean } = {}) {
    super();
    objectOf({ log: optional(flag) })("Softmax", options);
    this.log = options.log ?? false;
  }

  forward(x: Value): Value {
    return softmax(x, { path: this.path, log: this.log });
  }
}
