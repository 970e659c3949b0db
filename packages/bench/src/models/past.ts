import { uniform } from "@papilio/butterfly/numeric";
import { Graph, type State } from "@papilio/nn/graph";
import { append } from "@papilio/nn/operations";

/** Random keys and values for the first `vectors` places of a graph's states. */
export function drawPast(
  { states }: Graph,
  vectors: number,
  seed: number,
): Record<string, Float32Array> {
  if (vectors === 0) return {};
  const next = uniform(seed);
  return Object.fromEntries(
    [...states].map(([name, { value }]) => [
      name,
      Float32Array.from({ length: vectors * value.features }, next),
    ]),
  );
}

/** A graph that writes its inputs, by the names of states, to the beginning of those of another graph. */
export function fillingGraph(
  { states }: Graph,
  past: Readonly<Record<string, Float32Array>>,
): Graph {
  const graph = new Graph();
  const start = graph.fixed("start", Uint32Array.of(0));
  for (const [name, numbers] of Object.entries(past)) {
    const { value } = states.get(name) as State;
    const { features } = value;
    const state = graph.state(name, value);
    const x = graph.input(name, { vectors: numbers.length / features, features });
    append(x, state, start);
  }
  return graph;
}
