import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { expect } from "vitest";
import { Trainer } from "../training/trainer.ts";
import type { TrainerOptions } from "../training/trainer-options.ts";
import type { TrainerState } from "../training/trainer-state.ts";
import { difference } from "./draw.ts";
import type { TrainingModel } from "./training-models.ts";

const STEPS = 4;
const RATE = 0.05;
const EPSILON = 0.1;
const CLIP = 0.5;

/** Both optimizers. AdamW divides by no less than its epsilon, so that what gradients are off is not magnified more. */
export const OPTIMIZERS = {
  AdamW: { optimizer: { kind: "adamw", epsilon: EPSILON }, rate: RATE, decay: 0.1 },
  "SGD, clipped, of two runs a step": {
    ...{ optimizer: { kind: "sgd", momentum: 0.9 }, rate: RATE, clip: CLIP, accumulate: 2 },
  },
} as const satisfies Readonly<Record<string, TrainerOptions>>;

export interface Trained {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly state: TrainerState;
}

/** Trains a model for a few steps. */
export async function train(make: () => TrainingModel, options: TrainerOptions): Promise<Trained> {
  const { graph, loss, parameters, inputs } = make();
  using trainer = new Trainer(graph, loss, parameters, options);
  const [losses, norms]: [number[], number[]] = [[], []];
  for (let step = 0; step < STEPS; step++) {
    const runs = Array.from({ length: options.accumulate ?? 1 }, (_, at) => inputs(7 * step + at));
    const report = await trainer.step(runs);
    losses.push(report.loss);
    norms.push(report.norm);
  }
  return { losses, norms, state: await trainer.state() };
}

/** Numbers that are added for a gradient of these models: of 18 vectors, through ten sums of at most 64 features. */
const TERMS = 18 + 10 * 64;

/**
 * What gradients are off, of their norm, is taken by each step at its learning rate: by SGD clipped, for at most as many
 * steps again by its momentum; by AdamW divided by its epsilon.
 */
export function expectSameTraining(
  found: Trained,
  expected: Trained,
  { optimizer }: TrainerOptions,
): void {
  const off = TERMS * FLOAT_FORMATS.f32.epsilon;
  const norm = Math.max(...expected.norms);
  const direction = optimizer.kind === "sgd" ? STEPS * CLIP : norm / EPSILON;
  const bound = STEPS * RATE * off * direction;
  for (const [at, right] of expected.state.parameters.entries()) {
    const { error } = difference(found.state.parameters[at] as Float32Array, right);
    expect(error).toBeLessThanOrEqual(bound);
  }
  for (const [step, loss] of expected.losses.entries()) {
    expect(Math.abs((found.losses[step] as number) - loss)).toBeLessThanOrEqual(1e-3 * loss);
  }
}
