import { ZERO_FEATURE } from "@papilio/gpu-runtime/kernels";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { addVector } from "../operations/add-vector/operation.ts";
import { add } from "../operations/combine/operation.ts";
import { gatherFeatures } from "../operations/gather-features/operation.ts";
import type { Matrix } from "../operations/linear/matrix.ts";
import { linear } from "../operations/linear/operation.ts";
import type { RotationChange, WeightChange } from "./adapter.ts";
import { addDifference, changedWeight, magnitudeFactors } from "./changed-weight.ts";
import type { FittedTarget } from "./fit-adapter.ts";
import {
  diagonalMatrix,
  differenceMatrix,
  type LiveRotation,
  rotationMatrix,
} from "./live-matrices.ts";

/** A graph into which modules are traced. */
export interface LiveTracing {
  readonly path: string;
  /** What a parameter is read as. */
  parameter(parameter: Parameter): Parameter;
  /** What layers of one module compute alike of a value, computed once. */
  once(what: object, x: Value, compute: () => Value): Value;
}

/** What a layer of a module computes of vectors, with its bias. */
type Layers = (layer: number, x: Value, bias: Parameter | undefined, to: LiveTracing) => Value;

/**
 * A linear module with adapters that are applied to vectors, one after another: its weights are multiplied as they
 * are, so that the packed weights of the base model serve all adapters.
 */
export class LiveModule {
  readonly weights: readonly Parameter[];
  readonly #target: FittedTarget;
  #layers: Layers;
  /** The weight with the adapters so far, in float64; computed where lengths of its vectors are needed. */
  #dense: () => Float64Array;

  constructor(target: FittedTarget) {
    const { weights, outFeatures, inFeatures, layers } = target;
    this.weights = weights;
    this.#target = target;
    this.#layers = (layer, x, bias, to) =>
      linear(x, to.parameter(weights[layer] as Parameter), { path: to.path, bias });
    this.#dense = () => {
      const whole = new Float64Array(outFeatures * inFeatures);
      weights.forEach((weight, index) => {
        whole.set(weight.values, (layers[index]?.begin ?? 0) * inFeatures);
      });
      return whole;
    };
  }

  /** Applies a further adapter to what there is. */
  change(change: WeightChange, scale: number): void {
    const before = this.#layers;
    const dense = this.#dense;
    const alone = !("blocks" in change) && change.magnitude === undefined;
    const changed =
      "blocks" in change ? this.#rotated(change) : this.#added(change, alone ? scale : 1);
    this.#layers = alone || scale === 1 ? changed : this.#blended(before, changed, scale);
    this.#dense = () => {
      const weight = dense();
      const merged = changedWeight({ ...this.#target, change }, weight);
      return merged.map((value, at) => {
        const own = weight[at] as number;
        return own + scale * (value - own);
      });
    };
  }

  /** The output of a layer. */
  forward(weight: Parameter, x: Value, bias: Parameter | undefined, to: LiveTracing): Value {
    return this.#layers(this.weights.indexOf(weight), x, bias, to);
  }

  #added(change: Exclude<WeightChange, RotationChange>, scale: number): Layers {
    const before = this.#layers;
    const difference = differenceMatrix(change, this.#target, scale);
    const added: Layers = (layer, x, bias, to) => {
      const { path } = to;
      const whole = to.once(difference, x, () => linear(x, difference, { path }));
      // In this order: the kernel of the difference adds the layer's output.
      return add(this.#rowsOf(whole, layer, path), before(layer, x, bias, to), path);
    };
    const { magnitude } = change;
    if (magnitude === undefined) return added;
    const weight = this.#dense();
    addDifference(change, weight, this.#target.inFeatures);
    const factors = magnitudeFactors(weight, magnitude, this.#target.inFeatures);
    if (magnitude.of === "rows") return this.#scaled(added, factors);
    const columns = diagonalMatrix(factors, this.#target.inFeatures);
    return (layer, x, bias, to) => {
      const scaled = to.once(columns, x, () => linear(x, columns, { path: to.path }));
      return added(layer, scaled, bias, to);
    };
  }

  #rotated(change: RotationChange): Layers {
    const before = this.#layers;
    const rotation = rotationMatrix(change);
    if (change.side === "input") {
      const rotated: Layers = (layer, x, bias, to) =>
        before(
          layer,
          to.once(rotation, x, () => turned(x, rotation, to.path)),
          bias,
          to,
        );
      const scale = change.outputScale?.toReal("float64");
      return scale === undefined ? rotated : this.#scaled(rotated, scale);
    }
    return (layer, x, bias, to) => {
      const { path } = to;
      if (this.weights.length === 1)
        return turned(before(layer, x, undefined, to), rotation, path, bias);
      // The rotation mixes the outputs of all layers.
      const whole = to.once(rotation, x, () => {
        const outputs = this.weights.map((_, index) =>
          this.#placed(before(index, x, undefined, to), index, path),
        );
        return turned(
          outputs.reduce((sum, one) => add(sum, one, path)),
          rotation,
          path,
        );
      });
      const rows = this.#rowsOf(whole, layer, path);
      return bias === undefined ? rows : addVector(rows, bias, path);
    };
  }

  /** Outputs times a number each. */
  #scaled(layers: Layers, factors: Float64Array): Layers {
    const matrices = this.#target.layers.map(({ begin, end }) =>
      diagonalMatrix(factors.slice(begin, end), end - begin),
    );
    return (layer, x, bias, to) =>
      linear(layers(layer, x, undefined, to), matrices[layer] as Matrix, { path: to.path, bias });
  }

  /** Between what was before and what is changed. */
  #blended(before: Layers, changed: Layers, scale: number): Layers {
    const of = (share: number): Matrix[] =>
      this.#target.layers.map(({ begin, end }) => diagonalMatrix(share, end - begin));
    const [own, rest] = [of(scale), of(1 - scale)];
    return (layer, x, bias, to) => {
      const { path } = to;
      const first = linear(changed(layer, x, undefined, to), own[layer] as Matrix, { path, bias });
      const second = linear(before(layer, x, undefined, to), rest[layer] as Matrix, { path });
      return add(first, second, path);
    };
  }

  /** The rows of a layer, of all rows of the module. */
  #rowsOf(whole: Value, layer: number, path: string): Value {
    const { begin = 0, end = 0 } = this.#target.layers[layer] ?? {};
    if (end - begin === whole.features) return whole;
    const map = Uint32Array.from({ length: end - begin }, (_, row) => begin + row);
    return gatherFeatures(whole, map, path);
  }

  /** The rows of a layer in their places among all rows, which are zeros else. */
  #placed(rows: Value, layer: number, path: string): Value {
    const { begin = 0 } = this.#target.layers[layer] ?? {};
    const map = new Uint32Array(this.#target.outFeatures).fill(ZERO_FEATURE);
    for (let row = 0; row < rows.features; row++) map[begin + row] = row;
    return gatherFeatures(rows, map, path);
  }
}

function turned(
  x: Value,
  { matrix, left, right }: LiveRotation,
  path: string,
  bias?: Parameter,
): Value {
  const input = right === undefined ? x : gatherFeatures(x, right, path);
  if (left === undefined) return linear(input, matrix, { path, bias });
  const output = gatherFeatures(linear(input, matrix, { path }), left, path);
  return bias === undefined ? output : addVector(output, bias, path);
}
