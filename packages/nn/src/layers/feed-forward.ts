import type { Activation } from "@papilio/butterfly/numeric";
import { anyNumber, callback, flag, objectOf, optional } from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { activate } from "../operations/activation/operation.ts";
import { multiply } from "../operations/combine/operation.ts";
import { activationCheck } from "../operations/shared/activation-check.ts";
import { dense } from "./linear.ts";
import type { LinearFactory, LinearLayer } from "./linear-layer.ts";

export interface FeedForwardOptions {
  readonly features: number;
  readonly hidden: number;
  readonly activation: Activation;
  readonly bias?: boolean;
  readonly linear?: LinearFactory;
  readonly seeds: () => number;
}

const optionsCheck = objectOf({
  features: anyNumber,
  hidden: anyNumber,
  activation: activationCheck,
  bias: optional(flag),
  linear: optional(callback),
  seeds: callback,
});

/** `fc2(activation(fc1(x)))`. */
export class FeedForward extends Module {
  readonly #activation: Activation;

  constructor(options: FeedForwardOptions) {
    super();
    optionsCheck("a feed-forward part", options);
    const { features, hidden, activation, bias = true, linear = dense, seeds } = options;
    this.#activation = activation;
    this.child("fc1", linear({ inFeatures: features, outFeatures: hidden, bias, seed: seeds() }));
    this.child("fc2", linear({ inFeatures: hidden, outFeatures: features, bias, seed: seeds() }));
  }

  forward(x: Value): Value {
    const hidden = this.part<LinearLayer>("fc1").forward(x);
    return this.part<LinearLayer>("fc2").forward(activate(hidden, this.#activation, this.path));
  }
}

/** `down(silu(gate(x)) * up(x))`: SwiGLU (arXiv 2002.05202). */
export class GatedFeedForward extends Module {
  readonly #activation: Activation;

  constructor(options: FeedForwardOptions) {
    super();
    optionsCheck("a gated feed-forward part", options);
    const { features, hidden, activation, bias = false, linear = dense, seeds } = options;
    this.#activation = activation;
    const layer = (inFeatures: number, outFeatures: number): LinearLayer =>
      linear({ inFeatures, outFeatures, bias, seed: seeds() });
    this.child("gate_proj", layer(features, hidden));
    this.child("up_proj", layer(features, hidden));
    this.child("down_proj", layer(hidden, features));
  }

  forward(x: Value): Value {
    const project = (name: string, value: Value): Value =>
      this.part<LinearLayer>(name).forward(value);
    const gated = activate(project("gate_proj", x), this.#activation, this.path);
    return project("down_proj", multiply(gated, project("up_proj", x), this.path));
  }
}
