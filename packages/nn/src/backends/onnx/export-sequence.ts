import { ZERO_FEATURE } from "@papilio/gpu-runtime";
import type {
  AddPositionsOperation,
  AppendOperation,
  GatherFeaturesOperation,
  GatherVectorsOperation,
  ReduceVectorsOperation,
  RotaryOperation,
} from "../../graph/operation.ts";
import type { Indices } from "../../graph/value.ts";
import type { Parameter } from "../../modules/parameter.ts";
import { LOWEST, type OnnxBuilder, type Tensor } from "./onnx-builder.ts";

export function gatherVectors(
  { source, indices }: GatherVectorsOperation,
  to: OnnxBuilder,
): Tensor {
  const table = "graph" in source ? to.of(source) : to.parameter("weight", source);
  return to.gather(table, to.indices(indices), 0);
}

export function gatherFeatures({ x, map }: GatherFeaturesOperation, to: OnnxBuilder): Tensor {
  const found = map.map((feature) => (feature === ZERO_FEATURE ? 0 : feature));
  const gathered = to.gather(to.of(x), to.integers(found), 1);
  if (!map.includes(ZERO_FEATURE)) return gathered;
  const there = to.integers(Uint8Array.from(map, (feature) => (feature === ZERO_FEATURE ? 0 : 1)));
  return to.each("Where", isPositive(there, to), gathered, to.scalar(0));
}

export function addPositions(operation: AddPositionsOperation, to: OnnxBuilder): Tensor {
  const { x, table, period, prepended, position, output } = operation;
  const { features } = x;
  const sequences = x.vectors / period;
  const length = output.vectors / sequences;
  let tokens = to.reshape(to.of(x), [sequences, period, features]);
  if (prepended !== undefined) {
    const first = to.parameter("prepended", prepended, [1, 1, features]);
    const shape = [sequences, 1, features];
    const firsts = sequences === 1 ? first : to.node("Expand", [first, to.integers(shape)], shape);
    tokens = to.node("Concat", [firsts, tokens], [sequences, length, features], { axis: 1 });
  }
  const rows = rowsOf({ name: "positions", table, features, length, position }, to);
  return to.reshape(to.each("Add", tokens, rows), [output.vectors, features]);
}

export function rotary(operation: RotaryOperation, to: OnnxBuilder): Tensor {
  const { x, headFeatures, style, cosines, sines, period, position } = operation;
  const pairs = headFeatures / 2;
  const halves = style === "halves";
  // The axis of the two numbers of a pair, and that of the pairs.
  const [axis, inner] = halves ? [3, [2, pairs]] : [4, [pairs, 2]];
  const shape = [x.vectors / period, period, x.features / headFeatures, ...inner];
  const values = to.reshape(to.of(x), shape);
  const part = shape.with(axis, 1);
  const [u, v] = to.nodes("Split", [values, to.integers([1, 1])], [part, part], { axis }) as [
    Tensor,
    Tensor,
  ];
  const angles = (name: string, table: Parameter): Tensor => {
    const rows = rowsOf({ name, table, features: pairs, length: period, position }, to);
    return to.reshape(rows, [period, 1, ...(halves ? [1, pairs] : [pairs, 1])]);
  };
  const [cosine, sine] = [angles("cosines", cosines), angles("sines", sines)];
  const first = to.each("Sub", to.each("Mul", u, cosine), to.each("Mul", v, sine));
  const second = to.each("Add", to.each("Mul", u, sine), to.each("Mul", v, cosine));
  const turned = to.node("Concat", [first, second], shape, { axis });
  return to.reshape(turned, [x.vectors, x.features]);
}

interface Rows {
  readonly name: string;
  /** `[..., features]`. */
  readonly table: Parameter;
  readonly features: number;
  readonly length: number;
  /** Of the first; 0 without. */
  readonly position: Indices | undefined;
}

/** Rows of a table one after the other, the last one again past its end. `[length, features]`. */
function rowsOf({ name, table, features, length, position }: Rows, to: OnnxBuilder): Tensor {
  if (position === undefined) {
    return to.once(table, `first ${length}`, () =>
      to.floats(name, [length, features], () => table.values.subarray(0, length * features)),
    );
  }
  const rows = table.length / features;
  return to.once(table, `${length} from ${to.indices(position).name}`, () => {
    const numbers = to.each("Add", range(length, to), to.indices(position));
    const within = to.each("Min", numbers, to.integers([rows - 1]));
    return to.gather(to.parameter(name, table, [rows, features]), within, 0);
  });
}

/** `0, 1, 2, ...`. */
export function range(length: number, to: OnnxBuilder): Tensor {
  return to.once(to, `range ${length}`, () =>
    to.integers(Uint32Array.from({ length }, (_, index) => index)),
  );
}

function isPositive(numbers: Tensor, to: OnnxBuilder): Tensor {
  return to.each("Greater", numbers, to.integers([0]));
}

/**
 * The rows from `position` on are those of x, as far as there are rows. All of the state is written:
 * a scatter would refuse the rows past its end.
 */
export function append({ x, state, position }: AppendOperation, to: OnnxBuilder): Tensor {
  const { vectors } = state;
  const row = to.each("Sub", range(vectors, to), to.indices(position));
  const nearest = to.each("Clip", row, to.integers([0], []), to.integers([x.vectors - 1], []));
  const inside = to.reshape(to.each("Equal", row, nearest), [vectors, 1]);
  const rows = to.gather(to.of(x), nearest, 0);
  return to.each("Where", inside, rows, to.of(state));
}

export function reduceVectors(operation: ReduceVectorsOperation, to: OnnxBuilder): Tensor {
  const { x, reduce, period, lengths, output } = operation;
  const sequences = to.reshape(to.of(x), [output.vectors, period, x.features]);
  const reduced = (of: Tensor): Tensor => to.reduce(REDUCTIONS[reduce], of, [1], false);
  if (lengths === undefined) {
    return reduce === "max" ? to.largest(sequences, reduced) : reduced(sequences);
  }
  const counts = to.reshape(to.indices(lengths), [output.vectors, 1]);
  const counted = to.each("Less", range(period, to), counts);
  const mask = to.reshape(counted, [output.vectors, period, 1]);
  const chosen = to.each("Where", mask, sequences, to.scalar(reduce === "max" ? LOWEST : 0));
  if (reduce === "max") {
    const most = to.largest(chosen, reduced);
    return to.each("Where", isPositive(counts, to), most, to.scalar(0));
  }
  const sum = to.reduce("ReduceSum", chosen, [1], false);
  return reduce === "sum" ? sum : to.each("Div", sum, atLeastOne(counts, to));
}

const REDUCTIONS = { mean: "ReduceMean", sum: "ReduceSum", max: "ReduceMax" } as const;

/** Numbers of terms as divisors of their sums. */
export function atLeastOne(counts: Tensor, to: OnnxBuilder): Tensor {
  const positive = to.each("Max", counts, to.integers([1]));
  return to.node("Cast", [positive], counts.shape, { to: 1 });
}
