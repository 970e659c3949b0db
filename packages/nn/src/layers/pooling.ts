import {
  type Check,
  objectOf,
  oneOrTwoNumbers,
  optional,
  pairOfNumbers,
} from "../arguments/checks.ts";
import { valueCheck } from "../graph/operand-checks.ts";
import { Module } from "../modules/module.ts";
import type { PoolOperation } from "../operations/pool/operation.ts";
import { pool } from "../operations/pool/operation.ts";
import type { Size2d } from "../operations/shared/window.ts";
import { windowsOf } from "../operations/shared/window.ts";
import { type Pixels, pair } from "./conv2d.ts";

export interface Pool2dOptions {
  readonly kernelSize: number | Size2d;
  /** As far as the kernel is wide by default. */
  readonly stride?: number | Size2d;
  readonly padding?: number | Size2d;
}

const optionsCheck = objectOf({
  kernelSize: oneOrTwoNumbers,
  stride: optional(oneOrTwoNumbers),
  padding: optional(oneOrTwoNumbers),
});
const pixelsCheck: Check = objectOf({ value: valueCheck, size: pairOfNumbers });

class Pool2d extends Module {
  readonly #kind: PoolOperation["pool"];
  readonly #options: Pool2dOptions;

  constructor(kind: PoolOperation["pool"], options: Pool2dOptions) {
    super();
    optionsCheck("a pooling", options);
    this.#kind = kind;
    this.#options = options;
  }

  forward(pixels: Pixels): Pixels {
    pixelsCheck("what is pooled", pixels);
    const { value, size } = pixels;
    const { kernelSize, stride = kernelSize, padding = 0 } = this.#options;
    const window = {
      images: value.vectors / (size[0] * size[1]),
      channels: value.features,
      size,
      kernel: pair(kernelSize),
      stride: pair(stride),
      padding: pair(padding),
      dilation: [1, 1] as const,
    };
    return {
      value: pool(value, window, { path: this.path, pool: this.#kind }),
      size: windowsOf(window),
    };
  }
}

/** The largest number of each window, channel by channel. What is outside the image counts for nothing. */
export class MaxPool2d extends Pool2d {
  constructor(options: Pool2dOptions) {
    super("max", options);
  }
}

/** The mean of each window, channel by channel. What is outside the image counts as zero. */
export class AvgPool2d extends Pool2d {
  constructor(options: Pool2dOptions) {
    super("average", options);
  }
}
