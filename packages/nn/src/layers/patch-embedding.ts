import { objectOf, pairOfNumbers } from "../arguments/checks.ts";
import { valueCheck } from "../graph/operand-checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import type { Size2d } from "../operations/shared/window.ts";
import { Conv2d } from "./conv2d.ts";

export interface PatchEmbeddingOptions {
  readonly imageSize: Size2d;
  readonly patchSize: Size2d;
  readonly channels: number;
  readonly features: number;
  readonly seed?: number;
}

/** The patches of images `[channels, height, width]` as tokens: a convolution whose windows do not overlap. */
export class PatchEmbedding extends Module {
  readonly #imageSize: Size2d;
  readonly #projection: Conv2d;

  constructor(options: PatchEmbeddingOptions) {
    super();
    objectOf({ imageSize: pairOfNumbers, patchSize: pairOfNumbers })("a patch embedding", options);
    const { imageSize, patchSize, channels, features, seed = 0 } = options;
    this.#imageSize = imageSize;
    this.#projection = this.child(
      "proj",
      new Conv2d({
        inChannels: channels,
        outChannels: features,
        kernelSize: patchSize,
        stride: patchSize,
        seed,
      }),
    );
  }

  forward(images: Value): Value {
    valueCheck("The images", images);
    const shape = { images: images.vectors, size: this.#imageSize, source: "image" } as const;
    return this.#projection.forward(images, shape).value;
  }
}
