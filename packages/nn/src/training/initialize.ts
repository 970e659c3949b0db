import { requireNumber, requireOptions } from "@papilio/butterfly/errors";
import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import { normal, seedsFrom } from "../modules/random.ts";
import { operationsOf } from "../operations/operation.ts";
import { requireNotNegative } from "./settings.ts";

export interface InitializeOptions {
  /** 0 unless given. */
  readonly seed?: number;
  /** The standard deviation of tables: of tokens and of positions. 0.02 unless given, as GPT-2 has it. */
  readonly tables?: number;
}

/**
 * Draws the first numbers of a model that is to be trained from scratch. Each factor of each product is normal, so that
 * vectors keep their size through products of any number of factors: of a factor `(a, b, c, d)` the standard deviation is
 * `sqrt(1 / c) · min(1, sqrt(b / c))`. Of a dense layer it is that of its inputs and outputs. Tables of tokens and positions
 * are normal, too; a table that is a head as well stays a table. Biases and norms are left as they are.
 *
 * Source: arXiv 2406.06248, the maximal update parametrization of structured layers.
 *
 * @param graph of the model, whose products and tables are looked for
 * @throws PapilioError `OPTION_INVALID`, `SEED_INVALID`
 */
export function initialize(graph: Graph, options: InitializeOptions = {}): void {
  graphCheck("The graph", graph);
  requireOptions("The options of initialize", options);
  const { seed = 0, tables = 0.02 } = options;
  requireNumber("The seed", seed);
  requireNotNegative("The standard deviation of tables", tables);
  const seeds = seedsFrom(seed);
  const drawn = new Set<Parameter>();
  const draw = (parameter: Parameter, deviation: number): void => {
    if (drawn.has(parameter)) return;
    drawn.add(parameter);
    normal(deviation, seeds())(parameter.values);
  };
  const operations = operationsOf(graph);
  for (const operation of operations) {
    if (operation.kind === "gather-vectors" && !("graph" in operation.source)) {
      draw(operation.source, tables);
    } else if (operation.kind === "add-positions") draw(operation.table, tables);
  }
  for (const operation of operations) {
    if (operation.kind !== "linear") continue;
    const { chain, factors } = operation.matrix;
    for (const [index, factor] of factors.entries()) {
      const { b = 1, c = 1 } = chain.patterns[index] ?? {};
      draw(factor, Math.sqrt(1 / c) * Math.min(1, Math.sqrt(b / c)));
    }
  }
}
