import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { objectOf, oneOf, optional, text } from "../../arguments/checks.ts";
import type { Graph } from "../../graph/graph.ts";
import { graphCheck } from "../../graph/operand-checks.ts";
import type { OnnxValue } from "../../operations/onnx-builder.ts";
import { operationsOf } from "../../operations/operation.ts";
import { exportConcatenation, keptByHeads } from "./export-concatenation.ts";
import { exportOperation } from "./export-operation.ts";
import { OnnxGraphBuilder } from "./onnx-graph-builder.ts";
import { encodeOnnx, type OnnxGraph } from "./onnx-model.ts";

export interface OnnxExportOptions {
  /** Of the graph in the file; `papilio` unless given. */
  readonly name?: string;
  /**
   * How keys and values of earlier tokens go in and out. `whole`, the default: a state `s` is an input
   * `past.s` and an output `present.s`, both of all that it can hold. `past`: as in the usual exports of
   * language models, `past.s` `[heads, before, features / heads]` is what is before the tokens of the run,
   * and `present.s` that and theirs, which fill the state: `before` is its vectors less those of the run,
   * the `position` to be given to it. Without any before, there is no `past.s`.
   */
  readonly states?: "whole" | "past";
}

/**
 * The bytes of an ONNX file that computes what a graph does, with the operators of the standard domain
 * (version 19) alone. Inputs and outputs have the graph's names: vectors are float32
 * `[vectors, features]`, indices int64 `[length]`. A state `s` is an input `past.s`, zeros at first, and an
 * output `present.s`, to be given to the next run. Kronecker-sparse factors stay products of
 * their blocks, and weights are in the file in float32.
 *
 * @throws PapilioError `ONNX_NAME` where an input, an output or a state have the same name;
 *   `ONNX_TRAINING` for a graph that trains a model; `ONNX_SIZE`,
 *   before memory is allocated, where the file would be larger than 2 GiB; `ONNX_STATE` where a state is to
 *   be given by its `past`, and is not what attention alone reads
 *
 * @example
 * ```ts
 * await writeFile("vit.onnx", exportOnnx(vitS16({ linear: VIT_S16_BUTTERFLY }).trace({ images: 1 })));
 * ```
 */
export function exportOnnx(graph: Graph, options: OnnxExportOptions = {}): Uint8Array<ArrayBuffer> {
  graphCheck("The graph", graph);
  objectOf({ name: optional(text), states: optional(oneOf("whole", "past")) })(
    "exportOnnx",
    options,
  );
  return encodeOnnx(onnxGraphOf(graph, options));
}

/** The graph that {@link exportOnnx} encodes. */
export function onnxGraphOf(graph: Graph, options: OnnxExportOptions = {}): OnnxGraph {
  const { name, states: form = "whole" } = options;
  const states = form === "whole" ? [...graph.states.values()] : [];
  const builder = new OnnxGraphBuilder(namesOf(graph));
  for (const [input, value] of graph.inputs) builder.input(input, value);
  for (const state of states) builder.input(pastOf(state.name), state.value);
  const presents: [name: string, tensor: OnnxValue][] = [];
  for (const operation of operationsOf(graph)) {
    builder.path = operation.path;
    if (operation.kind === "append" && form === "past") {
      const kept = keptByHeads(graph, operation);
      const present = exportConcatenation(operation, kept.heads, pastOf(kept.name), builder);
      builder.setByHeads(operation.output, present);
      presents.push([presentOf(kept.name), present]);
      continue;
    }
    const result = exportOperation(operation, builder);
    if (operation.kind === "append") builder.write(operation.state, operation.output, result);
    else builder.set(operation.output, result);
  }
  for (const [output, value] of graph.outputs) builder.output(output, value);
  for (const state of states) builder.output(presentOf(state.name), state.value);
  for (const [present, tensor] of presents) builder.tensorOutput(present, tensor);
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
