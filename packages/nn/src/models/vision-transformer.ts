import {
  anyNumber,
  count,
  number,
  objectOf,
  oneOrTwoNumbers,
  optional,
} from "../arguments/checks.ts";
import { Graph } from "../graph/graph.ts";
import { pair } from "../layers/conv2d.ts";
import { Linear } from "../layers/linear.ts";
import { LayerNorm } from "../layers/normalization.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { Parameter } from "../modules/parameter.ts";
import { normal, seedsFrom } from "../modules/random.ts";
import { addPositions } from "../operations/add-positions/operation.ts";
import { gatherVectors } from "../operations/gather-vectors/operation.ts";
import type { Size2d } from "../operations/shared/window.ts";
import { type LinearChoices, linearChoicesCheck, Model } from "./model.ts";
import { layerNormBlock, type TransformerBlock } from "./transformer-block.ts";

export interface VisionTransformerConfig {
  /** 224 by default. */
  readonly imageSize?: number | Size2d;
  /** 16 by default. */
  readonly patchSize?: number | Size2d;
  /** 3 by default. */
  readonly channels?: number;
  /** 1,000 by default. */
  readonly classes?: number;
  readonly features: number;
  readonly layers: number;
  readonly heads: number;
  /** Four times `features` by default. */
  readonly hidden?: number;
  /** Of the normalizations; 1e-6 by default, as in the published models. */
  readonly epsilon?: number;
  readonly linear?: LinearChoices;
  readonly seed?: number;
}

const configCheck = objectOf({
  imageSize: optional(oneOrTwoNumbers),
  patchSize: optional(oneOrTwoNumbers),
  channels: optional(anyNumber),
  classes: optional(anyNumber),
  features: anyNumber,
  layers: count,
  heads: anyNumber,
  hidden: optional(anyNumber),
  epsilon: optional(number),
  linear: linearChoicesCheck,
  seed: optional(number),
});

/** Images of `[channels, height, width]`. */
export interface ImagesShape {
  readonly images: number;
}

/**
 * A vision transformer with a class token (arXiv 2010.11929). Parameters are named as in timm, with
 * `q_proj`, `k_proj` and `v_proj` apart.
 */
export class VisionTransformer extends Model<ImagesShape> {
  /** Channels, height and width of an image. */
  readonly imageShape: readonly [channels: number, height: number, width: number];
  readonly #patches: PatchEmbedding;
  readonly #classToken: Parameter;
  readonly #positions: Parameter;
  readonly #blocks: readonly TransformerBlock[];
  readonly #norm: LayerNorm;
  readonly #head: Linear;
  readonly #tokens: number;
  readonly #inputs: number;

  constructor(config: VisionTransformerConfig) {
    super();
    configCheck("a vision transformer", config);
    const { features, heads, layers, hidden = 4 * features, epsilon = 1e-6 } = config;
    const { channels = 3, classes = 1000, linear } = config;
    const imageSize = pair(config.imageSize ?? 224);
    const patchSize = pair(config.patchSize ?? 16);
    const seeds = seedsFrom(config.seed ?? 0);
    const patches =
      Math.floor(imageSize[0] / patchSize[0]) * Math.floor(imageSize[1] / patchSize[1]);
    this.imageShape = [channels, ...imageSize];
    this.#tokens = patches + 1;
    this.#inputs = channels * imageSize[0] * imageSize[1];
    this.#classToken = this.parameter(
      "cls_token",
      new Parameter([1, 1, features], normal(0.02, seeds())),
    );
    this.#positions = this.parameter(
      "pos_embed",
      new Parameter([1, this.#tokens, features], normal(0.02, seeds())),
    );
    this.#patches = this.child(
      "patch_embed",
      new PatchEmbedding({ imageSize, patchSize, channels, features, seed: seeds() }),
    );
    const block = (): TransformerBlock =>
      layerNormBlock({
        order: "pre-norm",
        features,
        heads,
        hidden,
        activation: { kind: "gelu", approximate: "none" },
        epsilon,
        linear,
        seeds,
      });
    this.#blocks = this.childList("blocks", Array.from({ length: layers }, block));
    this.#norm = this.child("norm", new LayerNorm({ features, epsilon }));
    this.#head = this.child(
      "head",
      new Linear({ inFeatures: features, outFeatures: classes, seed: seeds() }),
    );
  }

  /** Input `images` (`images` of `[channels, height, width]`), output `logits`. */
  trace(shape: ImagesShape): Graph {
    objectOf({ images: anyNumber })("the shape of images", shape);
    const { images } = shape;
    const graph = new Graph();
    const input = graph.input("images", { vectors: images, features: this.#inputs });
    const period = this.#tokens;
    let x = addPositions(this.#patches.forward(input), this.#positions, {
      path: "pos_embed",
      period: period - 1,
      prepended: this.#classToken,
    });
    for (const block of this.#blocks) x = block.forward(x, { period });
    const classTokens = Uint32Array.from({ length: images }, (_, image) => image * period);
    const first = gatherVectors(x, graph.fixed("class tokens", classTokens), "norm");
    graph.output("logits", this.#head.forward(this.#norm.forward(first)));
    return graph;
  }
}
