import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import type { Graph } from "../../graph/graph.ts";
import type { AppendOperation } from "../../operations/append/operation.ts";
import type { OnnxValue } from "../../operations/onnx-builder.ts";
import { operandsOf, operationsOf } from "../../operations/operation.ts";
import type { OnnxGraphBuilder } from "./onnx-graph-builder.ts";

/** The name of the state that an operation appends to, and the heads of the attention that reads it. */
export function keptByHeads(
  graph: Graph,
  append: AppendOperation,
): { name: string; heads: number } {
  const { state, position, output } = append;
  const [name = ""] = [...graph.states].find(([, { value }]) => value === state) ?? [];
  const isUsed = operationsOf(graph).filter(
    (operation) => operation !== append && operandsOf(operation).some((of) => of === state),
  );
  const readers = operationsOf(graph).filter((operation) => operandsOf(operation).includes(output));
  const heads = readers.map((reader) =>
    reader.kind === "attention" &&
    reader.sequences === 1 &&
    reader.pages === undefined &&
    reader.queries !== output
      ? reader.keyValueHeads
      : undefined,
  );
  const [first] = heads;
  const isOutput = [...graph.outputs.values()].some((value) => value === output || value === state);
  const isKept =
    first !== undefined && position.length === 1 && heads.every((count) => count === first);
  if (isKept && isUsed.length === 0 && !isOutput) return { name, heads: first };
  throw new PapilioError(
    "ONNX_STATE",
    `The state ${describeValue(name)} is not one of keys or values alone, and has no heads.`,
    'Export with `states: "whole"`.',
  );
}

/** What was before, an input, followed by the vectors of the run: `[heads, vectors, features / heads]`. */
export function exportConcatenation(
  { x, state }: AppendOperation,
  heads: number,
  pastName: string,
  to: OnnxGraphBuilder,
): OnnxValue {
  const each = x.features / heads;
  const now = [heads, x.vectors, each];
  const added = to.arrange(to.of(x), [x.vectors, heads, each], [1, 0, 2], now);
  const before = state.vectors - x.vectors;
  if (before === 0) return added;
  const past = to.tensorInput(pastName, [heads, before, each], "float32");
  return to.node("Concat", [past, added], [heads, state.vectors, each], { axis: 1 });
}
