import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { objectOf, optional, text } from "../../arguments/checks.ts";
import type { Graph } from "../../graph/graph.ts";
import { graphCheck } from "../../graph/operand-checks.ts";
import { operationsOf } from "../../operations/operation.ts";
import { exportOperation } from "./export-operation.ts";
import { OnnxGraphBuilder } from "./onnx-graph-builder.ts";
import { encodeOnnx, type OnnxGraph } from "./onnx-model.ts";

export interface OnnxExportOptions {
  /** Of the graph in the file; `papilio` unless given. */
  readonly name?: string;
}

/**
 * The bytes of an ONNX file that computes what a graph does, with the operators of the standard domain
 * (version 19) alone. Inputs and outputs have the graph's names: vectors are float32
 * `[vectors, features]`, indices int64 `[length]`. A state `s` is an input `past.s` and an output
 * `present.s`, to be given to the next run; zeros at first. Kronecker-sparse factors stay products of
 * their blocks, and weights are in the file in float32.
 *
 * @throws PapilioError `ONNX_NAME` where an input, an output or a state have the same name; `ONNX_SIZE`,
 *   before memory is allocated, where the file would be larger than 2 GiB
 *
 * @example
 * ```ts
 * await writeFile("vit.onnx", exportOnnx(vitS16({ linear: VIT_S16_BUTTERFLY }).trace({ images: 1 })));
 * ```
 */
export function exportOnnx(graph: Graph, options: OnnxExportOptions = {}): Uint8Array<ArrayBuffer> {
  graphCheck("The graph", graph);
  objectOf({ name: optional(text) })("exportOnnx", options);
  return encodeOnnx(onnxGraphOf(graph, options));
}

/** The graph that {@link exportOnnx} encodes. */
export function onnxGraphOf(graph: Graph, { name }: OnnxExportOptions = {}): OnnxGraph {
  const states = [...graph.states.values()];
  const builder = new OnnxGraphBuilder(namesOf(graph));
  for (const [input, value] of graph.inputs) builder.input(input, value);
  for (const state of states) builder.input(pastOf(state.name), state.value);
  for (const operation of operationsOf(graph)) {
    builder.path = operation.path;
    const result = exportOperation(operation, builder);
    if (operation.kind === "append") builder.write(operation.state, operation.output, result);
    else builder.set(operation.output, result);
  }
  for (const [output, value] of graph.outputs) builder.output(output, value);
  for (const state of states) builder.output(presentOf(state.name), state.value);
  return { ...(name === undefined ? {} : { name }), ...builder.finish() };
}

/** Names of inputs and outputs, which are one namespace in ONNX. */
function namesOf({ inputs, outputs, states }: Graph): Set<string> {
  const names = [
    ...inputs.keys(),
    ...outputs.keys(),
    ...[...states.keys()].flatMap((state) => [pastOf(state), presentOf(state)]),
  ];
  const repeated = names.find((name, index) => name === "" || names.indexOf(name) !== index);
  if (repeated === undefined) return new Set(names);
  throw new PapilioError(
    "ONNX_NAME",
    `Two of the graph's inputs, outputs and states would be ${describeValue(repeated)} in ONNX, or one has no name.`,
    "Name each differently.",
  );
}

function pastOf(state: string): string {
  return `past.${state}`;
}

function presentOf(state: string): string {
  return `present.${state}`;
}
