import { requireStorable } from "@papilio/butterfly/numeric";
import type { Indices, Value } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import type { OnnxAttributes, OnnxBuilder, OnnxValue } from "../../operations/onnx-builder.ts";
import type { OnnxGraph, OnnxInitializer, OnnxNode, OnnxTensor } from "./onnx-model.ts";

/** Collects the nodes and constants of an ONNX graph, and knows which of its tensors each value is. */
export class OnnxGraphBuilder implements OnnxBuilder {
  /** Of the operation at hand: names begin with it. */
  path = "";
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxInitializer[] = [];
  readonly #inputs: OnnxTensor[] = [];
  readonly #outputs: [name: string, tensor: OnnxValue][] = [];
  readonly #tensors = new Map<Value | Indices, OnnxValue>();
  readonly #byHeads = new Map<Value, OnnxValue>();
  /** For what an append gives, what it wrote into. */
  readonly #written = new Map<Value, Value>();
  readonly #names: Set<string>;
  readonly #counts = new Map<string, number>();
  readonly #made = new Map<object | string, Map<string, OnnxValue>>();

  /** @param reserved names that only inputs and outputs have */
  constructor(reserved: Iterable<string>) {
    this.#names = new Set(reserved);
  }

  /** An input of the graph, `[vectors, features]` or `[length]`. */
  input(name: string, value: Value | Indices): void {
    const shape = "length" in value ? [value.length] : [value.vectors, value.features];
    const tensor = this.tensorInput(name, shape, "length" in value ? "int64" : "float32");
    this.#tensors.set(value, tensor);
  }

  /** An input of the graph that is no value's. */
  tensorInput(name: string, shape: readonly number[], type: OnnxTensor["type"]): OnnxValue {
    this.#inputs.push({ name, shape, type });
    return tensorOf(name, shape);
  }

  /** Makes a value an output of the graph. */
  output(name: string, value: Value): void {
    this.tensorOutput(name, this.of(value));
  }

  /** Makes a tensor an output of the graph. */
  tensorOutput(name: string, tensor: OnnxValue): void {
    this.#outputs.push([name, tensorOf(this.#inShape(tensor), tensor.shape)]);
  }

  of(value: Value): OnnxValue {
    return this.#tensors.get(this.#written.get(value) ?? value) as OnnxValue;
  }

  byHeads(value: Value): OnnxValue | undefined {
    return this.#byHeads.get(value);
  }

  /** Keeps a value by heads. */
  setByHeads(value: Value, tensor: OnnxValue): void {
    this.#byHeads.set(value, tensor);
  }

  indices(indices: Indices): OnnxValue {
    const { fixed } = indices;
    return fixed === undefined
      ? (this.#tensors.get(indices) as OnnxValue)
      : this.once(indices, "", () => this.integers(fixed));
  }

  set(value: Value, tensor: OnnxValue): void {
    this.#tensors.set(value, tensor);
  }

  /** What is written into a value, and what an append gives, are the same from here on. */
  write(state: Value, output: Value, tensor: OnnxValue): void {
    const written = this.#written.get(state) ?? state;
    this.#written.set(output, written);
    this.#tensors.set(written, tensor);
  }

  node(
    op: string,
    inputs: readonly OnnxValue[],
    shape: readonly number[],
    attributes: OnnxAttributes = {},
  ): OnnxValue {
    return this.nodes(op, inputs, [shape], attributes)[0] as OnnxValue;
  }

  nodes(
    op: string,
    inputs: readonly OnnxValue[],
    shapes: readonly (readonly number[])[],
    attributes: OnnxAttributes = {},
  ): OnnxValue[] {
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

  each(op: string, ...operands: readonly OnnxValue[]): OnnxValue {
    const rank = Math.max(...operands.map(({ shape }) => shape.length));
    const shape = Array.from({ length: rank }, (_, axis) =>
      operands.reduce((most, operand) => {
        const size = operand.shape[axis + operand.shape.length - rank] ?? 1;
        return size === 1 ? most : size;
      }, 1),
    );
    return this.node(op, operands, shape);
  }

  reshape({ name, stored }: OnnxValue, shape: readonly number[]): OnnxValue {
    return { name, stored, shape };
  }

  arrange(
    x: OnnxValue,
    from: readonly number[],
    perm: readonly number[],
    to: readonly number[],
  ): OnnxValue {
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

  gather(x: OnnxValue, indices: OnnxValue, axis: number): OnnxValue {
    const { shape } = x;
    const result = [...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)];
    return this.node("Gather", [x, indices], result, { axis });
  }

  reduce(op: string, x: OnnxValue, axes: readonly number[], keep: boolean): OnnxValue {
    const shape = x.shape.flatMap((size, axis) =>
      axes.includes(axis) ? (keep ? [1] : []) : [size],
    );
    return this.node(op, [x, this.integers(axes)], shape, { keepdims: keep ? 1 : 0 });
  }

  largest(x: OnnxValue, reduce: (of: OnnxValue) => OnnxValue): OnnxValue {
    const marks = this.node("Cast", [this.node("IsNaN", [x], x.shape)], x.shape, { to: 1 });
    const found = this.each("Greater", reduce(marks), this.scalar(0));
    return this.each("Where", found, this.scalar(Number.NaN), reduce(x));
  }

  scalar(value: number): OnnxValue {
    requireStorable([value], "F32", `A constant of ${this.path}`);
    return this.once(this, `scalar ${value}`, () => {
      const data = new Uint8Array(Float32Array.of(value).buffer);
      return this.#initializer(this.#name("constant", ""), { shape: [], type: "float32", data });
    });
  }

  integers(numbers: ArrayLike<number>, shape: readonly number[] = [numbers.length]): OnnxValue {
    const make = (): OnnxValue => {
      const data = (): Uint8Array =>
        new Uint8Array(BigInt64Array.from(Array.from(numbers, BigInt)).buffer);
      return this.#initializer(this.#name("constant", ""), { shape, type: "int64", data });
    };
    // Short lists are mostly shapes, which occur again and again.
    if (numbers.length > 8) return make();
    return this.once(this, `integers ${Array.from(numbers)}; ${shape}`, make);
  }

  floats(name: string, shape: readonly number[], make: () => Float32Array): OnnxValue {
    const data = (): Uint8Array => {
      const { buffer, byteOffset, byteLength } = make();
      return new Uint8Array(buffer, byteOffset, byteLength);
    };
    return this.#initializer(this.#name(name, `${this.path}.`), { shape, type: "float32", data });
  }

  parameter(
    name: string,
    parameter: Parameter,
    shape: readonly number[] = parameter.shape,
  ): OnnxValue {
    const stored = this.once(parameter, "", () => this.floats(name, shape, () => parameter.values));
    return this.reshape(stored, shape);
  }

  once(owner: object | string, key: string, make: () => OnnxValue): OnnxValue {
    const known = this.#made.get(owner) ?? new Map<string, OnnxValue>();
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

  #initializer(name: string, initializer: Omit<OnnxInitializer, "name">): OnnxValue {
    this.#initializers.push({ name, ...initializer });
    return tensorOf(name, initializer.shape);
  }

  /** The name of a tensor in the shape in which it is read. */
  #inShape({ name, stored, shape }: OnnxValue): string {
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

function tensorOf(name: string, shape: readonly number[]): OnnxValue {
  return { name, stored: shape, shape };
}
