import { LOWEST, type OnnxBuilder, type OnnxValue } from "../onnx-builder.ts";
import { atLeastOne, isPositive, range } from "../shared/onnx-numbers.ts";
import type { ReduceVectorsOperation } from "./operation.ts";

export function exportReduceVectors(operation: ReduceVectorsOperation, to: OnnxBuilder): OnnxValue {
  const { x, reduce, period, lengths, output } = operation;
  const sequences = to.reshape(to.of(x), [output.vectors, period, x.features]);
  const reduced = (of: OnnxValue): OnnxValue => to.reduce(REDUCTIONS[reduce], of, [1], false);
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
