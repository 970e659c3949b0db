import { requireStorable } from "@papilio/butterfly";
import type { Indices, Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxInitializer,
  OnnxNode,
  OnnxTensor,
} from "./onnx-model.ts";

/** A value in an ONNX graph: an input, a constant, or what a node gives, read as of some shape. */
export interface Tensor {
  readonly name: string;
  /** That it has in the graph. */
  readonly stored: readonly number[];
  /** That it is read in: the node that reshapes it is only made where this is another one. */
  readonly shape: readonly number[];
}

type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** What a maximum starts from, and what softmax makes a zero of. */
export const LOWEST: number = Number.NEGATIVE_INFINITY;

/** Collects the nodes and constants of an ONNX graph, and knows which of its tensors each value is. */
export class OnnxBuilder {
  /** Of the operation at hand: names begin with it. */
  path = "";
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  readonly #inputs: OnnxTensor[] = [];
  readonly #outputs: [name: string, tensor: Tensor][] = [];
  readonly #tensors = new Map<Value | Indices, Tensor>();
  /** For what an append gives, what it wrote into. */
  readonly #written = new Map<Value, Value>();
  readonly #names: Set<string>;
  readonly #counts = new Map<string, number>();
  readonly #made = new Map<object | string, Map<string, Tensor>>();

  /** @param reserved names that only inputs and outputs have */
  constructor(reserved: Iterable<string>) {
    this.#names = new Set(reserved);
  }

  /** An input of the graph, `[vectors, features]` or `[length]`. */
  input(name: string, value: Value | Indices): void {
    const shape = "length" in value ? [value.length] : [value.vectors, value.features];
    this.#inputs.push({ name, shape, type: "length" in value ? "int64" : "float32" });
    this.#tensors.set(value, tensorOf(name, shape));
  }

  /** Makes a value an output of the graph. */
  output(name: string, value: Value): void {
    this.#outputs.push([name, tensorOf(this.#inShape(this.of(value)), this.of(value).shape)]);
  }

  /** The tensor of a value: of one that was written into, what it is by now. */
  of(value: Value): Tensor {
    return this.#tensors.get(this.#written.get(value) ?? value) as Tensor;
  }

  /** The tensor of indices, int64. */
  indices(indices: Indices): Tensor {
    const { fixed } = indices;
    return fixed === undefined
      ? (this.#tensors.get(indices) as Tensor)
      : this.once(indices, "", () => this.integers(fixed));
  }

  set(value: Value, tensor: Tensor): void {
    this.#tensors.set(value, tensor);
  }

  /** What is written into a value, and what an append gives, are the same from here on. */
  write(state: Value, output: Value, tensor: Tensor): void {
    const written = this.#written.get(state) ?? state;
    this.#written.set(output, written);
    this.#tensors.set(written, tensor);
  }

  /** A node with one result of a shape. */
  node(
    op: string,
    inputs: readonly Tensor[],
    shape: readonly number[],
    attributes: Attributes = {},
  ): Tensor {
    return this.nodes(op, inputs, [shape], attributes)[0] as Tensor;
  }

  /** A node with several results. */
  nodes(
    op: string,
    inputs: readonly Tensor[],
    shapes: readonly (readonly number[])[],
    attributes: Attributes = {},
  ): Tensor[] {
    const name = this.#name(op);
    const results = shapes.map((shape, index) =>
      tensorOf(index === 0 ? name : this.#name(op), shape),
    );
    this.#nodes.push({
      op,
      name,
      inputs: inputs.map((input) => this.#inShape(input)),
      outputs: results.map((result) => result.name),
      attributes,
    });
    return results;
  }

  /** A node that works element by element, on operands that are broadcast to one shape. */
  each(op: string, ...operands: readonly Tensor[]): Tensor {
    const rank = Math.max(...operands.map(({ shape }) => shape.length));
    const shape = Array.from({ length: rank }, (_, axis) =>
      operands.reduce((most, operand) => {
        const size = operand.shape[axis + operand.shape.length - rank] ?? 1;
        return size === 1 ? most : size;
      }, 1),
    );
    return this.node(op, operands, shape);
  }

  /** The same numbers in the same order. */
  reshape({ name, stored }: Tensor, shape: readonly number[]): Tensor {
    return { name, stored, shape };
  }

  /**
   * Reads x as of shape `from`, brings its axes into the order `perm`, and gives the result the shape
   * `to`. Numbers are moved only where the order of axes longer than one changes, and axes that stay
   * side by side are moved as one.
   */
  arrange(
    x: Tensor,
    from: readonly number[],
    perm: readonly number[],
    to: readonly number[],
  ): Tensor {
    const long = from.flatMap((size, axis) => (size === 1 ? [] : [axis]));
    const runs: number[][] = [];
    for (const place of perm.map((axis) => long.indexOf(axis)).filter((found) => found >= 0)) {
      const run = runs.at(-1);
      if (run?.at(-1) === place - 1) run.push(place);
      else runs.push([place]);
    }
    if (runs.length < 2) return this.reshape(x, to);
    const sorted = runs.toSorted(([p = 0], [q = 0]) => p - q);
    const sizes = sorted.map((run) =>
      run.reduce((product, place) => product * (from[long[place] as number] as number), 1),
    );
    const order = runs.map((run) => sorted.indexOf(run));
    const shape = order.map((axis) => sizes[axis] as number);
    const moved = this.once(x.name, `${sizes}:${order}`, () =>
      this.node("Transpose", [this.reshape(x, sizes)], shape, { perm: order }),
    );
    return this.reshape(moved, to);
  }

  /** Rows, or other slices along an axis, by number. */
  gather(x: Tensor, indices: Tensor, axis: number): Tensor {
    const { shape } = x;
    const result = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
    return this.node("Gather", [x, indices], result, { axis });
  }

  /** A reduction over axes, which are left out of the result unless kept as ones. */
  reduce(op: string, x: Tensor, axes: readonly number[], keep: boolean): Tensor {
    const shape = x.shape.flatMap((size, axis) =>
      axes.includes(axis) ? (keep ? [1] : []) : [size],
    );
    return this.node(op, [x, this.integers(axes)], shape, { keepdims: keep ? 1 : 0 });
  }

  /**
   * The largest numbers by `reduce`, an operator that may pass over NaN, as those of ONNX Runtime do: NaN
   * where there is one.
   */
  largest(x: Tensor, reduce: (of: Tensor) => Tensor): Tensor {
    const marks = this.node("Cast", [this.node("IsNaN", [x], x.shape)], x.shape, { to: 1 });
    const found = this.each("Greater", reduce(marks), this.scalar(0));
    return this.each("Where", found, this.scalar(Number.NaN), reduce(x));
  }

  /** A number in float32. */
  scalar(value: number): Tensor {
    requireStorable([value], "F32", `A constant of ${this.path}`);
    return this.once(this, `scalar ${value}`, () => {
      const data = new Uint8Array(Float32Array.of(value).buffer);
      return this.#initializer(this.#name("constant", ""), { shape: [], type: "float32", data });
    });
  }

  /** Whole numbers in int64; a list of them unless a shape is given. */
  integers(numbers: ArrayLike<number>, shape: readonly number[] = [numbers.length]): Tensor {
    const make = (): Tensor => {
      const data = (): Uint8Array =>
        new Uint8Array(BigInt64Array.from(Array.from(numbers, BigInt)).buffer);
      return this.#initializer(this.#name("constant", ""), { shape, type: "int64", data });
    };
    // Short lists are mostly shapes, which occur again and again.
    if (numbers.length > 8) return make();
    return this.once(this, `integers ${Array.from(numbers)}; ${shape}`, make);
  }

  /** Numbers in float32 that are made when the file is. */
  floats(name: string, shape: readonly number[], make: () => Float32Array): Tensor {
    const data = (): Uint8Array => {
      const { buffer, byteOffset, byteLength } = make();
      return new Uint8Array(buffer, byteOffset, byteLength);
    };
    return this.#initializer(this.#name(name, `${this.path}.`), { shape, type: "float32", data });
  }

  /** A parameter as it is, read in a shape of as many numbers. There once, whoever uses it. */
  parameter(
    name: string,
    parameter: Parameter,
    shape: readonly number[] = parameter.shape,
  ): Tensor {
    const stored = this.once(parameter, "", () => this.floats(name, shape, () => parameter.values));
    return this.reshape(stored, shape);
  }

  /**
   * What was made before for the same owner under the same key, or is made now. What belongs to nobody is
   * this builder's; what is made of a tensor alone is owned by its name.
   */
  once(owner: object | string, key: string, make: () => Tensor): Tensor {
    const known = this.#made.get(owner) ?? new Map<string, Tensor>();
    this.#made.set(owner, known);
    const tensor = known.get(key) ?? make();
    known.set(key, tensor);
    return tensor;
  }

  /** The graph. What nodes give is named as the output that it is; other outputs are copies. */
  finish(): Omit<OnnxGraph, "name"> {
    const made = new Set(this.#nodes.flatMap(({ outputs }) => outputs));
    const renamed = new Map<string, string>();
    const current = (name: string): string => renamed.get(name) ?? name;
    const copies: OnnxNode[] = [];
    for (const [name, tensor] of this.#outputs) {
      if (made.has(tensor.name) && !renamed.has(tensor.name)) renamed.set(tensor.name, name);
      else copies.push({ op: "Identity", name, inputs: [tensor.name], outputs: [name] });
    }
    return {
      nodes: [...this.#nodes, ...copies].map((node) => ({
        ...node,
        inputs: node.inputs.map(current),
        outputs: node.outputs.map(current),
      })),
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs.map(([name, { shape }]) => ({ name, shape, type: "float32" })),
    };
  }

  #initializer(name: string, initializer: Omit<OnnxInitializer, "name">): Tensor {
    this.#initializers.push({ name, ...initializer });
    return tensorOf(name, initializer.shape);
  }

  /** The name of a tensor in the shape in which it is read. */
  #inShape({ name, stored, shape }: Tensor): string {
    if (`${stored}` === `${shape}`) return name;
    const reshaped = this.once(name, `${shape}`, () => {
      const operands = [this.reshape({ name, stored, shape }, stored), this.integers(shape)];
      return this.node("Reshape", operands, shape);
    });
    return reshaped.name;
  }

  /** A name that nothing else has. */
  #name(what: string, prefix = `${this.path}/`): string {
    const base = this.path === "" ? what : `${prefix}${what}`;
    let count = this.#counts.get(base) ?? 0;
    let name = count === 0 ? base : `${base}_${count}`;
    for (; this.#names.has(name); name = `${base}_${count}`) count++;
    this.#counts.set(base, count + 1);
    this.#names.add(name);
    return name;
  }
}

function tensorOf(name: string, shape: readonly number[]): Tensor {
  return { name, stored: shape, shape };
}
