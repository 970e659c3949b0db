import { PapilioError } from "@papilio/butterfly";
import { listOf, number, objectOf, optional } from "../arguments/checks.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { Module } from "../modules/module.ts";
import { Parameter } from "../modules/parameter.ts";
import { copyGraph } from "../operations/copy-graph.ts";
import { type Adapter, adapterCheck } from "./adapter.ts";
import { fitAdapter } from "./fit-adapter.ts";
import { LiveModule } from "./live-module.ts";

/** An adapter of a model, and how much of it. */
export interface AppliedAdapter {
  readonly adapter: Adapter;
  /** Of the difference that the adapter makes: 1 unless given, 0 for none. */
  readonly scale?: number;
}

const appliedCheck = listOf(objectOf({ adapter: adapterCheck, scale: optional(number) }));

/** Models that {@link applyAdapters} returned. */
const adapted = new WeakSet<object>();

/**
 * A model whose graphs apply adapters to vectors, where {@link mergeAdapter} changes weights: rotations as permuted chains
 * before or after the weight, products of low rank and Kronecker products as chains of two factors, whose kernel adds the
 * output of the weight. The model itself stays as it is. Its weights are multiplied as they are, so that graphs with
 * several adapters, and without any, share packed weights: give them one `CpuWeightStore`, or one `ModelMemory`.
 *
 * Of several adapters, each changes what the one before it left. Numbers of adapters are decoded here, and factors are
 * computed in float64 and rounded once.
 *
 * @returns the model, but for its graphs
 * @throws PapilioError `OPTION_INVALID`, also for a model with adapters; `ADAPTER_MISMATCH` for a layer that is not there
 *   or not dense; `MATRIX_NOT_FINITE`; `VALUE_RANGE` where float32 does not hold a number; what reading a tensor throws
 *
 * @example
 * ```ts
 * const adapter = await loadAdapter(model, "adapters/poems");
 * const poet = applyAdapters(model, [{ adapter, scale: 0.5 }]);
 * using generator = await TextGenerator.create(poet);
 * ```
 */
export function applyAdapters<M extends Module>(model: M, adapters: readonly AppliedAdapter[]): M {
  appliedCheck("The adapters", adapters);
  if (typeof model === "object" && model !== null && adapted.has(model)) {
    throw new PapilioError(
      "OPTION_INVALID",
      "The model has adapters already, and others would come before them.",
      "Apply all adapters to the model without any, in one list.",
    );
  }
  const adapt = liveGraphs(model, adapters);
  const proxy = new Proxy(model, {
    get(target, key) {
      // On the model itself: its private members are not the proxy's.
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      return typeof key === "string" && key.startsWith("trace")
        ? (...given: readonly unknown[]) => adapt(member.apply(target, given) as Graph)
        : member.bind(target);
    },
  });
  adapted.add(proxy);
  return proxy;
}

/** What makes graphs of a model with adapters of those without. */
export function liveGraphs(
  model: Module,
  adapters: readonly AppliedAdapter[],
): (graph: Graph) => Graph {
  const fitted = adapters.map(({ adapter, scale = 1 }) => ({
    ...fitAdapter(model, adapter),
    scale,
  }));
  const modules = new Map<string, LiveModule>();
  const saved = new Map<Parameter, Parameter>();
  for (const { targets, saved: own, scale } of fitted) {
    if (scale === 0) continue;
    for (const target of targets) {
      const module = modules.get(target.name) ?? new LiveModule(target);
      modules.set(target.name, module);
      module.change(target.change, scale);
    }
    for (const [parameter, tensor] of own) {
      saved.set(parameter, Parameter.of(parameter.shape, tensor.toReal("float32")));
    }
  }
  const byWeight = new Map(
    [...modules.values()].flatMap((module) => module.weights.map((weight) => [weight, module])),
  );
  const readAs = (parameter: Parameter): Parameter => saved.get(parameter) ?? parameter;
  return (graph) => {
    const computed = new Map<object, Map<Value, Value>>();
    const once = (what: object, x: Value, compute: () => Value): Value => {
      const known = computed.get(what) ?? new Map<Value, Value>();
      computed.set(what, known);
      const value = known.get(x) ?? compute();
      known.set(x, value);
      return value;
    };
    return copyGraph(graph, {
      parameter: readAs,
      linear: ({ x, bias, path }, { matrix }) => {
        const [weight, ...others] = matrix.factors;
        if (weight === undefined || others.length > 0) return undefined;
        const to = { path, parameter: readAs, once };
        return byWeight.get(weight)?.forward(weight, x, bias, to);
      },
    });
  };
}
