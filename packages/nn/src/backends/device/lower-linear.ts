import { Pattern } from "@papilio/butterfly";
import {
  addPositionsKernel,
  csrKernel,
  elementwiseKernel,
  prepareButterfly,
  type Vectors,
} from "@papilio/gpu-runtime";
import type {
  ActivationOperation,
  AddVectorOperation,
  CombineOperation,
  LinearOperation,
  SparseLinearOperation,
} from "../../graph/operation.ts";
import { butterflyOf } from "../../layers/linear-layer.ts";
import type { Lowering } from "./lowering.ts";

/** One multiplication, with all that was moved into it. */
export function linear(operation: LinearOperation, to: Lowering): void {
  const { matrix, bias, activation } = operation;
  const x = to.inLayout(operation.x);
  const multiplier = operation.multiplier && to.inLayout(operation.multiplier);
  const addend = operation.addend && to.inLayout(operation.addend);
  const y = to.define(operation.output, { layout: "multiplication" });
  const multiplication = prepareButterfly(to.gpu, butterflyOf(matrix), shapeOf(x), {
    ...(bias && { bias: bias.values }),
    ...(activation && { activation }),
    multiply: multiplier !== undefined,
    add: addend !== undefined,
  });
  to.multiplications.push(multiplication);
  const steps = multiplication.steps(x, relabelled(y, x), {
    ...(multiplier && { multiplier }),
    ...(addend && { addend }),
  });
  to.steps.push(...steps);
}

function shapeOf({ batch, layout, dtype }: Vectors): Pick<Vectors, "batch" | "layout" | "dtype"> {
  return { batch, layout, dtype };
}

/** A single vector may be called either layout: the one that the other operands have. */
function relabelled(y: Vectors, { layout }: Vectors): Vectors {
  const { batch, features, dtype, memory } = y;
  return y.layout === layout ? y : { batch, features, layout, dtype, memory };
}

export function sparseLinear({ x, matrix, output }: SparseLinearOperation, to: Lowering): void {
  const input = to.inLayout(x);
  const y = to.define(output, { layout: "multiplication" });
  const { rows, cols, starts, columns } = matrix;
  const values = matrix.values ?? new Float32Array(matrix.nonZeros).fill(1);
  const kernel = csrKernel({ ...shapeOf(input), pattern: new Pattern(1, rows, cols, 1) });
  to.push(kernel, [
    input.memory,
    to.buffers.upload(values, to.dtype, "values"),
    y.memory,
    to.buffers.uploadIndices(starts.slice(), "row starts"),
    to.buffers.uploadIndices(columns.slice(), "columns"),
  ]);
}

export function activation(
  { x, activation: kind, output }: ActivationOperation,
  to: Lowering,
): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = elementwiseKernel({
    batch,
    features,
    from: input.layout,
    to: y.layout,
    dtype,
    activation: kind,
  });
  to.push(kernel, [input.memory, y.memory]);
}

export function combine({ x, other, operation, output }: CombineOperation, to: Lowering): void {
  const [left, right] = [to.of(x), to.of(other)];
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = elementwiseKernel({
    batch,
    features,
    from: left.layout,
    to: y.layout,
    dtype,
    combine: { operation, layout: right.layout },
  });
  to.push(kernel, [left.memory, y.memory, right.memory]);
}

export function addVector({ x, vector, output }: AddVectorOperation, to: Lowering): void {
  const input = to.of(x);
  const y = to.define(output, { layout: "any" });
  const { batch, features, dtype } = y;
  const kernel = addPositionsKernel({
    count: batch,
    features,
    period: 1,
    prepend: false,
    tableRows: 1,
    position: false,
    from: input.layout,
    to: y.layout,
    dtype,
    batches: { from: batch, to: batch },
  });
  to.push(kernel, [input.memory, to.memory.parameter(vector), y.memory]);
}
