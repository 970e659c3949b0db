import type { Activation } from "@papilio/butterfly/numeric";
import {
  anyNumber,
  type Check,
  callback,
  flag,
  having,
  listOf,
  number,
  objectOf,
  oneOf,
  optional,
  text,
} from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { FeedForward, type GatedFeedForward } from "../layers/feed-forward.ts";
import { type AttentionContext, MultiheadAttention } from "../layers/multihead-attention.ts";
import { LayerNorm, type RMSNorm } from "../layers/normalization.ts";
import { Module } from "../modules/module.ts";
import { add } from "../operations/combine/operation.ts";
import { activationCheck } from "../operations/shared/activation-check.ts";
import { type LinearChoices, linearChoicesCheck } from "./model.ts";

/** The parts of a block, by the names that they have in checkpoints. */
export interface BlockParts {
  readonly norm1: readonly [name: string, LayerNorm | RMSNorm];
  readonly attention: readonly [name: string, MultiheadAttention];
  readonly norm2: readonly [name: string, LayerNorm | RMSNorm];
  readonly feedForward: readonly [name: string, FeedForward | GatedFeedForward];
  /** Whether what goes into a part is normalized, or what comes out of it with its input added. */
  readonly order: "pre-norm" | "post-norm";
}

const orderCheck = oneOf("pre-norm", "post-norm");

/** A name, and the module that has it. */
const partCheck: Check = (name, value) => {
  listOf(() => undefined)(name, value);
  const [own, module] = value as readonly unknown[];
  text(`The name of ${name}`, own);
  having("a Module", "forward", "namedParameters")(name, module);
};

const partsCheck = objectOf({
  norm1: partCheck,
  attention: partCheck,
  norm2: partCheck,
  feedForward: partCheck,
  order: orderCheck,
});

/** Attention and a feed-forward network, each with its input added and a normalization. */
export class TransformerBlock extends Module {
  readonly #parts: BlockParts;

  constructor(parts: BlockParts) {
    super();
    partsCheck("a block", parts);
    this.#parts = parts;
    for (const [name, module] of [parts.norm1, parts.attention, parts.norm2, parts.feedForward]) {
      this.child(name, module);
    }
  }

  forward(x: Value, context: AttentionContext): Value {
    const { norm1, attention, norm2, feedForward, order } = this.#parts;
    const { path } = this;
    if (order === "pre-norm") {
      const attended = add(x, attention[1].forward(norm1[1].forward(x), context), path);
      return add(attended, feedForward[1].forward(norm2[1].forward(attended)), path);
    }
    const attended = norm1[1].forward(add(x, attention[1].forward(x, context), path));
    return norm2[1].forward(add(attended, feedForward[1].forward(attended), path));
  }
}

/** A block with layer normalization and two feed-forward layers, as BERT, GPT-2 and ViT have them. */
export interface LayerNormBlockOptions {
  readonly order: BlockParts["order"];
  readonly features: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: Activation;
  /** Of the normalizations; 1e-5 by default. */
  readonly epsilon?: number;
  readonly causal?: boolean;
  readonly linear?: LinearChoices | undefined;
  readonly seeds: () => number;
  /** What the normalizations are called; `norm1` and `norm2` by default. */
  readonly norms?: readonly [string, string];
}

const blockCheck = objectOf({
  order: orderCheck,
  features: anyNumber,
  heads: anyNumber,
  hidden: anyNumber,
  activation: activationCheck,
  epsilon: optional(number),
  causal: optional(flag),
  linear: linearChoicesCheck,
  seeds: callback,
  norms: optional(listOf(text)),
});

/** A {@link TransformerBlock} of parts `norm1`, `attn`, `norm2` and `mlp`. */
export function layerNormBlock(options: LayerNormBlockOptions): TransformerBlock {
  blockCheck("a block", options);
  const { order, features, heads, hidden, activation, causal = false, seeds } = options;
  const { epsilon = 1e-5, linear: { projection, ffn } = {}, norms = ["norm1", "norm2"] } = options;
  return new TransformerBlock({
    order,
    norm1: [norms[0], new LayerNorm({ features, epsilon })],
    attention: [
      "attn",
      new MultiheadAttention({
        features,
        heads,
        causal,
        seeds,
        ...(projection && { linear: projection }),
      }),
    ],
    norm2: [norms[1], new LayerNorm({ features, epsilon })],
    feedForward: [
      "mlp",
      new FeedForward({ features, hidden, activation, seeds, ...(ffn && { linear: ffn }) }),
    ],
  });
}
