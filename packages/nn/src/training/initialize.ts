import { Chain, type Pattern } from "@papilio/butterfly";
import { randomOrthogonal } from "@papilio/butterfly/constructions";
import { requireNumber, requireOneOf, requireOptions } from "@papilio/butterfly/errors";
import type { Graph } from "../graph/graph.ts";
import { graphCheck } from "../graph/operand-checks.ts";
import type { Parameter } from "../modules/parameter.ts";
import { normal, seedsFrom } from "../modules/random.ts";
import { operationsOf } from "../operations/operation.ts";
import { requireNotNegative } from "./settings.ts";

export interface InitializeOptions {
  /** 0 unless given. */
  readonly seed?: number;
  /** What blocks of factors are, `normal` unless given. */
  readonly factors?: "normal" | "orthogonal" | undefined;
  /** The standard deviation of tables: of tokens and of positions. 0.02 unless given, as GPT-2 has it. */
  readonly tables?: number;
}

/**
 * Draws the first numbers of a model that is to be trained from scratch. Each factor of each product is normal, so that
 * vectors keep their size through products of any number of factors: of a factor `(a, b, c, d)` the standard deviation is
 * `sqrt(1 / c) · min(1, sqrt(b / c))`. Of a dense layer it is that of its inputs and outputs. With `orthogonal` factors each
 * block is an orthogonal matrix instead, or part of one where it is not square, times what gives it the same deviation: a
 * product of many factors stretches some vectors and shrinks others by much less than one of normal factors does, and is
 * easier to train. Tables of tokens and positions are normal; a table that is a head as well stays a table. Biases and norms
 * are left as they are.
 *
 * Sources: arXiv 2406.06248, the maximal update parametrization of structured layers; arXiv 1312.6120, orthogonal layers.
 *
 * @param graph of the model, whose products and tables are looked for
 * @throws PapilioError `OPTION_INVALID`, `SEED_INVALID`
 */
export function initialize(graph: Graph, options: InitializeOptions = {}): void {
  graphCheck("The graph", graph);
  requireOptions("The options of initialize", options);
  const { seed = 0, factors: kind = "normal", tables = 0.02 } = options;
  requireNumber("The seed", seed);
  requireOneOf("How factors are drawn", kind, ["normal", "orthogonal"]);
  requireNotNegative("The standard deviation of tables", tables);
  const seeds = seedsFrom(seed);
  const drawn = new Set<Parameter>();
  const draw = (parameter: Parameter, deviation: number, pattern?: Pattern): void => {
    if (drawn.has(parameter)) return;
    drawn.add(parameter);
    if (pattern === undefined) normal(deviation, seeds())(parameter.values);
    else drawOrthogonal(parameter.values, pattern, deviation, seeds());
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
      const pattern = chain.patterns[index] as Pattern;
      const { b, c } = pattern;
      const deviation = Math.sqrt(1 / c) * Math.min(1, Math.sqrt(b / c));
      draw(factor, deviation, kind === "orthogonal" ? pattern : undefined);
    }
  }
}

/** Numbers of an orthogonal block have a deviation of 1 over the root of its larger size. */
function drawOrthogonal(
  values: Float32Array,
  pattern: Pattern,
  deviation: number,
  seed: number,
): void {
  const [factor] = randomOrthogonal(Chain.of([pattern]), { seed, dtype: "float64" }).factors;
  const scale = deviation * Math.sqrt(Math.max(pattern.b, pattern.c));
  factor?.values.forEach((value, index) => {
    values[index] = scale * value;
  });
}
