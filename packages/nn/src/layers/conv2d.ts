import { Chain, Pattern } from "@papilio/butterfly";
import { requireObject } from "@papilio/butterfly/errors";
import {
  anyNumber,
  flag,
  number,
  objectOf,
  oneOrTwoNumbers,
  optional,
} from "../arguments/checks.ts";
import type { Value } from "../graph/value.ts";
import { Module } from "../modules/module.ts";
import { Parameter } from "../modules/parameter.ts";
import { uniformWithin } from "../modules/random.ts";
import { linear } from "../operations/linear/operation.ts";
import type { Size2d, Window2d } from "../operations/shared/window.ts";
import { windowsOf } from "../operations/shared/window.ts";
import type { UnfoldOperation } from "../operations/unfold/operation.ts";
import { unfold } from "../operations/unfold/operation.ts";
import { biasParameter } from "./linear-layer.ts";

export interface Conv2dOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number | Size2d;
  /** 1 by default. */
  readonly stride?: number | Size2d;
  /** Zeros around the image; 0 by default. */
  readonly padding?: number | Size2d;
  /** Distance between the pixels of a window; 1 by default. */
  readonly dilation?: number | Size2d;
  /** True by default. */
  readonly bias?: boolean;
  readonly seed?: number;
}

/** What a convolution is given. */
export interface ImageShape {
  readonly images: number;
  readonly size: Size2d;
  /** Whether a vector is a whole image `[channels, height, width]`, or the channels of one pixel. */
  readonly source: UnfoldOperation["source"];
}

/** Images whose pixels are vectors of their channels. */
export interface Pixels {
  readonly value: Value;
  readonly size: Size2d;
}

const optionsCheck = objectOf({
  inChannels: anyNumber,
  outChannels: anyNumber,
  kernelSize: oneOrTwoNumbers,
  stride: optional(oneOrTwoNumbers),
  padding: optional(oneOrTwoNumbers),
  dilation: optional(oneOrTwoNumbers),
  bias: optional(flag),
  seed: optional(number),
});

/**
 * A convolution of images: their windows as vectors, times `weight`, which is `[outChannels, inChannels,
 * kernel height, kernel width]`. Parameters start as PyTorch's `Conv2d`.
 */
export class Conv2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly #window: Omit<Window2d, "images" | "size">;

  constructor(options: Conv2dOptions) {
    super();
    optionsCheck("a convolution", options);
    const { inChannels, outChannels, bias = true, seed = 0 } = options;
    const kernel = pair(options.kernelSize);
    this.#window = {
      channels: inChannels,
      kernel,
      stride: pair(options.stride ?? 1),
      padding: pair(options.padding ?? 0),
      dilation: pair(options.dilation ?? 1),
    };
    const inFeatures = inChannels * kernel[0] * kernel[1];
    this.weight = this.parameter(
      "weight",
      new Parameter(
        [outChannels, inChannels, ...kernel],
        uniformWithin(1 / Math.sqrt(inFeatures), seed),
      ),
    );
    this.bias = bias
      ? this.parameter("bias", biasParameter({ inFeatures, outFeatures: outChannels, seed }))
      : undefined;
  }

  /** Throws `GRAPH_SHAPE` where the images have not `inChannels` or no window. */
  forward(x: Value, shape: ImageShape): Pixels {
    requireObject("What a convolution is given", shape, "images, their size and their source");
    const { images, size, source } = shape;
    const { path, bias } = this;
    const window = { ...this.#window, images, size };
    const windows = unfold(x, window, { path, source });
    const rows = this.weight.shape[0] as number;
    const chain = Chain.of([new Pattern(1, rows, windows.features, 1)]);
    const value = linear(windows, { chain, factors: [this.weight] }, { path, bias });
    return { value, size: windowsOf(window) };
  }
}

/** The same along both axes, or each its own. */
export function pair(size: number | Size2d): Size2d {
  return typeof size === "number" ? [size, size] : size;
}
