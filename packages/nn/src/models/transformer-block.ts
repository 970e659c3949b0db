import { add } from "../graph/functional.ts";
import type { Value } from "../graph/value.ts";
import type { FeedForward, GatedFeedForward } from "../layers/feed-forward.ts";
import type { AttentionContext, MultiheadAttention } from "../layers/multihead-attention.ts";
import type { LayerNorm, RMSNorm } from "../layers/normalization.ts";
import { Module } from "../modules/module.ts";

/** The parts of a block, by the names that they have in checkpoints. */
export interface BlockParts {
  readonly norm1: readonly [name: string, LayerNorm | RMSNorm];
  readonly attention: readonly [name: string, MultiheadAttention];
  readonly norm2: readonly [name: string, LayerNorm | RMSNorm];
  readonly feedForward: readonly [name: string, FeedForward | GatedFeedForward];
  /** Whether what goes into a part is normalized, or what comes out of it with its input added. */
  readonly order: "pre-norm" | "post-norm";
}

/** Attention and a feed-forward network, each with its input added and a normalization. */
export class TransformerBlock extends Module {
  readonly #parts: BlockParts;

  constructor(parts: BlockParts) {
    super();
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
