import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { Parameter } from "../modules/parameter.ts";
import { accumulate } from "../operations/accumulate/operation.ts";
import { SETTINGS, stepSettings } from "../operations/step-settings/operation.ts";
import { type UpdateRule, update } from "../operations/update/operation.ts";
import { gradient } from "./gradient.ts";
import { keepsSquares } from "./optimizer.ts";

/** What a parameter is changed by. */
export interface TrainedParameter {
  readonly parameter: Parameter;
  readonly rule: UpdateRule;
}

/** Names of what the graph of a step has beside those of the model. */
export const STEP_NAMES = {
  given: "training.given",
  scale: "training.scale",
  loss: "training.loss",
  settings: "training.settings",
} as const;

export interface StepOptions {
  readonly clip: number | undefined;
  /** Whether gradients are summed over runs. */
  readonly accumulates: boolean;
  /** Whether the loss is multiplied by an input, for gradients. */
  readonly scales: boolean;
}

/** Names of the states in which an optimizer keeps what it needs of a parameter. */
export interface OptimizerStates {
  readonly momentum: string;
  /** Of Adam and AdamW. */
  readonly squares: string | undefined;
}

/**
 * Adds a step to the graph of a model: gradients, their sums over runs where there may be several, the norm of all of them,
 * and the updates.
 *
 * @returns the names of the states of each parameter
 */
export function addStep(
  graph: Graph,
  loss: Value,
  trained: readonly TrainedParameter[],
  options: StepOptions,
): OptimizerStates[] {
  const parameters = trained.map(({ parameter }) => parameter);
  const seed = options.scales
    ? graph.input(STEP_NAMES.scale, { vectors: 1, features: 1 })
    : undefined;
  const gradients = gradient(graph, loss, parameters, { seed });
  const given = graph.input(STEP_NAMES.given, { vectors: 1, features: SETTINGS });
  const summed = (name: string, value: Value): Value =>
    options.accumulates ? accumulate(value, graph.state(name, value), given) : value;
  const sums = gradients.map((value, at) => summed(`training.gradient.${at}`, value));
  const settings = stepSettings(sums, summed(STEP_NAMES.loss, loss), given, options.clip);
  graph.output(STEP_NAMES.loss, loss);
  graph.output(STEP_NAMES.settings, settings);
  return trained.map(({ parameter, rule }, at) => {
    const shape = { vectors: 1, features: parameter.length };
    const names = {
      momentum: `training.momentum.${at}`,
      squares: keepsSquares(rule.optimizer) ? `training.squares.${at}` : undefined,
    };
    update(parameter, sums[at] as Value, {
      momentum: graph.state(names.momentum, shape),
      squares: names.squares === undefined ? undefined : graph.state(names.squares, shape),
      settings,
      rule,
    });
    return names;
  });
}
