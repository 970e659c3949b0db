import { Butterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import { hadamard } from "@papilio/butterfly/constructions";
import { referenceProduct } from "@papilio/butterfly/matrix";
import { having, objectOf } from "../arguments/checks.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import type { Linear } from "../layers/linear.ts";
import type { Module } from "../modules/module.ts";
import { denseLayers, type LayerChoice, layerChoice } from "./dense-layers.ts";

export interface RotateLayersOptions {
  /** Which layers, by their paths: all dense ones unless given. */
  readonly layers?: LayerChoice;
}

/** A layer whose inputs are rotated. */
export interface RotatedLayer {
  readonly path: string;
  /** The factors that its weight is the product of, as `linearByName` and `papilio.linear` of a config.json have it. */
  readonly product: string;
}

const optionsCheck = objectOf({ layers: layerChoice });

/**
 * Rotates the inputs of dense layers by Hadamard matrices: a weight `W` becomes the product `(W H^T) H`, which is the same
 * matrix, but for the rounding of float32. `W H^T` has no outliers: each of its numbers is a sum over many inputs, so that it loses
 * less where few bits are left of it. The factors of `H` are signs times a power of two, which weights of few bits hold exactly.
 * `H` is block-diagonal, of the largest power of two that divides the inputs, and has two factors: a layer of 768 inputs
 * multiplies by 24,576 signs more for each vector. Layers of an odd number of inputs stay as they are.
 *
 * Source: rotations before rounding, QuIP# (arXiv 2402.04396) and QuaRot (arXiv 2404.00456).
 *
 * @param model whose layers are replaced
 * @returns the layers that were
 * @throws PapilioError `OPTION_INVALID`
 *
 * @example
 * ```ts
 * const rotated = rotateLayers(model, { layers: /mlp/ });
 * ```
 */
export function rotateLayers(model: Module, options: RotateLayersOptions = {}): RotatedLayer[] {
  having("a Module", "namedModules", "namedParameters")("The model", model);
  optionsCheck("rotateLayers", options);
  const rotated: RotatedLayer[] = [];
  for (const [path, layer] of denseLayers(model, options.layers)) {
    const { bias, inFeatures, outFeatures } = layer;
    const rotation = rotationOf(inFeatures);
    if (rotation === undefined) continue;
    const weight = new Butterfly([rotatedWeight(layer, rotation), ...rotation.factors]);
    const replacement = new ButterflyLinear({
      ...{ weight, inFeatures, outFeatures, bias: bias !== undefined },
    });
    if (bias !== undefined && replacement.bias !== undefined) replacement.bias.values = bias.values;
    layer.replaceWith(replacement);
    rotated.push({ path, product: weight.chain.patterns.join("; ") });
  }
  return rotated;
}

/** Hadamard matrices along the diagonal, near orthonormal: signs times a power of two. Undefined of an odd size. */
function rotationOf(size: number): Butterfly | undefined {
  let levels = 0;
  while (size % 2 ** (levels + 1) === 0) levels++;
  if (levels === 0) return undefined;
  const blocks = size / 2 ** levels;
  const left = Math.ceil(levels / 2);
  const whole = hadamard(2 ** levels).merge(0, left);
  const { factors } = levels > left ? whole.merge(1, whole.factors.length) : whole;
  const scale = 2 ** -Math.floor(levels / 2);
  return new Butterfly(
    factors.map((factor, at) => {
      const { pattern, values } = factor.expand();
      const { a, b, c, d } = pattern;
      const all = new Float32Array(blocks * values.length);
      for (let block = 0; block < blocks; block++) all.set(values, block * values.length);
      const scaled = at === 0 ? all.map((value) => value * scale) : all;
      return new KroneckerSparse(new Pattern(blocks * a, b, c, d), scaled);
    }),
  );
}

/** `W R^T` over the squared norm of the rows of `R`, so that its product with `R` is `W`. */
function rotatedWeight(
  { inFeatures, outFeatures, weight }: Linear,
  rotation: Butterfly,
): KroneckerSparse {
  const shape = { batch: outFeatures, layout: "batch-first" } as const;
  const exact = referenceProduct(rotation, Float64Array.from(weight.values), shape);
  const norm = rotation.factors.reduce(
    (product, { pattern, values }) => product * pattern.c * (values[0] as number) ** 2,
    1,
  );
  return new KroneckerSparse(
    new Pattern(1, outFeatures, inFeatures, 1),
    Float32Array.from(exact, (value) => value / norm),
  );
}
