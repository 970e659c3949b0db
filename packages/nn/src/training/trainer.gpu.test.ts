import type { Gpu } from "@papilio/gpu-runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { dyadic } from "../layers/butterfly-linear.ts";
import type { Parameter } from "../modules/parameter.ts";
import { inputsFor } from "../testing/draw.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { expectSameTraining, OPTIMIZERS, train } from "../testing/train-model.ts";
import { TRAINING_MODELS, type TrainingModel } from "../testing/training-models.ts";
import { meanSquaredError } from "./losses.ts";
import { Trainer } from "./trainer.ts";
import type { TrainerOptions } from "./trainer-options.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.dispose());

const perceptron = TRAINING_MODELS["a perceptron of three factors"] as () => TrainingModel;

it.each(Object.entries(OPTIMIZERS))(
  "trains a perceptron on the device as by the reference, bit by bit the same again, by %s",
  async (_, options) => {
    const found = await train(perceptron, { ...options, gpu });
    expectSameTraining(found, await train(perceptron, options), options);
    expect(await train(perceptron, { ...options, gpu })).toEqual(found);
  },
);

/** A layer of which some parameters are trained: the others are packed with them. */
function layer(which: RegExp): TrainingModel {
  const made = dyadic({ inFeatures: 8, outFeatures: 8, bias: true, seed: 1 });
  const graph = new Graph();
  const x = graph.input("x", { vectors: 5, features: 8 });
  const loss = meanSquaredError(made.forward(x), graph.input("target", x));
  const all: [string, Parameter][] = [...made.namedParameters()];
  const parameters = all.filter(([name]) => which.test(name)).map(([, parameter]) => parameter);
  const inputs = (seed: number): ReturnType<TrainingModel["inputs"]> => {
    const { "training.given": _, "training.scale": __, ...given } = inputsFor(graph, seed);
    return given;
  };
  return { graph, loss, parameters, inputs };
}

it.each([/bias/, /factors\.1/])("trains %s alone", async (which) => {
  const options = OPTIMIZERS.AdamW;
  const found = await train(() => layer(which), { ...options, gpu });
  expect(found.state.parameters.length).toBe(1);
  expectSameTraining(found, await train(() => layer(which), options), options);
});

it("takes a step in half precision again whose gradients overflow, at less", async ({ skip }) => {
  skip(!gpu.report.features.f16, "the adapter has no half precision");
  const { graph, loss, parameters, inputs } = layer(/./);
  const given = { optimizer: { kind: "sgd" }, rate: 1e-3, gpu, dtype: "f16" } as const;
  using trainer = new Trainer(graph, loss, parameters, given);
  const large = { ...inputs(1), target: new Float32Array(40).fill(100) };
  const { norm } = await trainer.step([large]);
  expect(Number.isFinite(norm)).toBe(true);
  const { lossScale, steps } = await trainer.state();
  expect(steps).toBe(1);
  expect(lossScale?.scale).toBeGreaterThanOrEqual(1);
  expect(lossScale?.scale).toBeLessThan(2 ** 15);
  const wrong = { ...inputs(1), target: new Float32Array(40).fill(Number.NaN) };
  const diverged = expect.objectContaining({ code: "TRAINING_DIVERGED" });
  await expect(trainer.step([wrong])).rejects.toThrow(diverged);
  // What is not the scale's fault leaves it as it is.
  expect((await trainer.state()).lossScale).toEqual(lossScale);
});

describe("a trainer on the device", () => {
  const options = (): TrainerOptions => ({ ...OPTIMIZERS.AdamW, gpu });
  const trainer = (more: Partial<TrainerOptions> = {}): [Trainer, TrainingModel] => {
    const model = layer(/./);
    return [
      new Trainer(model.graph, model.loss, model.parameters, { ...options(), ...more }),
      model,
    ];
  };

  it("changes nothing where the loss is not finite", async () => {
    const [one, { inputs }] = trainer();
    await one.step([inputs(1)]);
    const before = await one.state();
    const wrong = { ...inputs(2), target: new Float32Array(40).fill(Number.NaN) };
    const diverged = expect.objectContaining({ code: "TRAINING_DIVERGED" });
    await expect(one.step([wrong])).rejects.toThrow(diverged);
    expect(await one.state()).toEqual(before);
    one.dispose();
  });

  it("goes on from its state bit by bit", async () => {
    const [through, { inputs }] = trainer();
    for (let step = 0; step < 3; step++) await through.step([inputs(step)]);
    const [first] = trainer();
    for (let step = 0; step < 2; step++) await first.step([inputs(step)]);
    const [second] = trainer({ state: await first.state() });
    await second.step([inputs(2)]);
    expect(await second.state()).toEqual(await through.state());
    for (const one of [through, first, second]) one.dispose();
  });

  it("is asked for numbers before they are read", async () => {
    const [one, { inputs, parameters }] = trainer();
    const [parameter] = parameters as [Parameter];
    const start = parameter.values.slice();
    await one.step([inputs(1)]);
    const unread = expect.objectContaining({ code: "PARAMETER_UNREAD" });
    expect(() => parameter.values).toThrow(unread);
    await one.read();
    expect(parameter.values).not.toEqual(start);
    one.dispose();
    const gone = expect.objectContaining({ code: "MODEL_DISPOSED" });
    await expect(one.step([inputs(1)])).rejects.toThrow(gone);
  });

  it("leaves no memory behind", async () => {
    const before = gpu.memory.statistics.inUse;
    const [one, { inputs }] = trainer();
    await one.step([inputs(1)]);
    expect(gpu.memory.statistics.inUse).toBeGreaterThan(before);
    one.dispose();
    expect(gpu.memory.statistics.inUse).toBe(before);
  });
});
