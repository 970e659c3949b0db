import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { Graph } from "../graph/graph.ts";
import { ButterflyLinear } from "../layers/butterfly-linear.ts";
import { Linear } from "../layers/linear.ts";
import { Parameter } from "../modules/parameter.ts";
import * as f from "../operations/index.ts";
import { expectSameTraining, OPTIMIZERS, train } from "../testing/train-model.ts";
import { TRAINING_MODELS } from "../testing/training-models.ts";
import { factorDecays } from "./factor-decays.ts";
import { factorRates } from "./factor-rates.ts";
import { meanSquaredError } from "./losses.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import { warmupCosine } from "./schedule.ts";
import { Trainer } from "./trainer.ts";
import type { TrainerOptions } from "./trainer-options.ts";

/** A shift of two features that is trained towards a target: its gradient is `shift - target`. */
function shifted(start: readonly number[], options: TrainerOptions): [Trainer, Parameter] {
  const graph = new Graph();
  const shift = Parameter.of([1, 2], Float32Array.from(start));
  const rows = f.gatherVectors(shift, graph.fixed("row", Uint32Array.of(0)));
  const loss = meanSquaredError(rows, graph.input("target", { vectors: 1, features: 2 }));
  return [new Trainer(graph, loss, [shift], options), shift];
}

const targets = [
  [0.5, -1],
  [-2, 0.25],
  [1, 3],
] as const;

const inputs = (target: readonly number[]): { target: Float32Array } => ({
  target: Float32Array.from(target),
});

describe.each(["reference", "wasm"] as const)("steps of optimizers by %s", (kernels) => {
  const start = [1, -0.5];
  const [rate, decay] = [0.05, 0.1];

  it.each([
    ["adamw", "1711.05101"],
    ["adam", "1412.6980"],
  ] as const)("%s is that of arXiv %s", async (kind, _source) => {
    const optimizer: OptimizerOptions = { kind, beta1: 0.8, beta2: 0.95 };
    const [trainer, shift] = shifted(start, { optimizer, rate, decay, kernels });
    const [p, m, v] = [[...start], [0, 0], [0, 0]];
    for (const [at, target] of targets.entries()) {
      await trainer.step([inputs(target)]);
      for (const i of [0, 1] as const) {
        const decayed = decay * (p[i] as number);
        const g = (p[i] as number) - target[i] + (kind === "adam" ? decayed : 0);
        m[i] = 0.8 * (m[i] as number) + 0.2 * g;
        v[i] = 0.95 * (v[i] as number) + 0.05 * g ** 2;
        const [m1, v1] = [m[i] / (1 - 0.8 ** (at + 1)), v[i] / (1 - 0.95 ** (at + 1))];
        if (kind === "adamw") p[i] = (p[i] as number) - rate * decayed;
        p[i] = (p[i] as number) - (rate * m1) / (Math.sqrt(v1) + 1e-8);
      }
    }
    await trainer.read();
    for (const i of [0, 1]) expect(shift.values[i]).toBeCloseTo(p[i] as number, 5);
  });

  it("SGD has momentum and decay, by the mean of several runs, clipped", async () => {
    const optimizer: OptimizerOptions = { kind: "sgd", momentum: 0.9 };
    const [trainer, shift] = shifted(start, {
      optimizer,
      rate,
      decay,
      clip: 1,
      accumulate: 2,
      kernels,
    });
    const [p, m] = [[...start], [0, 0]];
    for (const [at, target] of targets.entries()) {
      const other = targets[(at + 1) % 3] as readonly [number, number];
      const g = [0, 1].map(
        (i) => (p[i] as number) - ((target[i] as number) + (other[i] as number)) / 2,
      );
      const report = await trainer.step([inputs(target), inputs(other)]);
      const norm = Math.hypot(...g);
      expect(report.norm).toBeCloseTo(norm, 5);
      for (const i of [0, 1]) {
        const scaled = (g[i] as number) / Math.max(1, norm);
        m[i] = 0.9 * (m[i] as number) + scaled + decay * (p[i] as number);
        p[i] = (p[i] as number) - rate * m[i];
      }
    }
    await trainer.read();
    for (const i of [0, 1]) expect(shift.values[i]).toBeCloseTo(p[i] as number, 5);
    expect(trainer.steps).toBe(3);
  });

  it("does not decay parameters of one axis, and multiplies rates", async () => {
    const graph = new Graph();
    const bias = Parameter.of([2], Float32Array.of(1, 2));
    const shape = { vectors: 1, features: 2 };
    const y = f.addVector(graph.input("x", shape), bias);
    const loss = meanSquaredError(y, graph.input("target", shape));
    const multipliers = new Map([[bias, 0.5]]);
    const options = {
      optimizer: { kind: "sgd" },
      rate: 1,
      decay: 3,
      multipliers,
      kernels,
    } as const;
    using trainer = new Trainer(graph, loss, [bias], options);
    await trainer.step([{ x: new Float32Array(2), target: new Float32Array(2) }]);
    await trainer.read();
    expect([...bias.values]).toEqual([0.5, 1]);
  });

  it("stops where the loss is not a number, and changes nothing", async () => {
    const options = { optimizer: { kind: "adamw" }, rate, kernels, accumulate: 2 } as const;
    const [trainer, shift] = shifted(start, options);
    const diverged = expect.objectContaining({ code: "TRAINING_DIVERGED" });
    await expect(trainer.step([inputs([Number.NaN, 0])])).rejects.toThrow(diverged);
    await expect(trainer.step([inputs([1e30, 0]), inputs([0, 0])])).rejects.toThrow(diverged);
    expect([...shift.values]).toEqual(start);
    expect(trainer.steps).toBe(0);
    const [fresh] = shifted(start, options);
    expect(await trainer.step([inputs([0, 0])])).toEqual(await fresh.step([inputs([0, 0])]));
    expect(await trainer.state()).toEqual(await fresh.state());
    expect(trainer.steps).toBe(1);
  });

  it.each([{ kind: "adamw" }, { kind: "sgd", momentum: 0.5 }] as const)(
    "goes on from its state bit by bit, with $kind",
    async (optimizer) => {
      const options = { optimizer, rate, decay, kernels, accumulate: 2 };
      const step = (trainer: Trainer): Promise<unknown> =>
        trainer.step([inputs(targets[0]), inputs(targets[trainer.steps % 3] as never)]);
      const [through] = shifted(start, options);
      for (let at = 0; at < 5; at++) await step(through);
      const [first] = shifted(start, options);
      for (let at = 0; at < 3; at++) await step(first);
      const state = await first.state();
      // What is read is a copy, and the one who was read goes on as well.
      await step(first);
      const [second] = shifted([7, 7], { ...options, state });
      expect(second.steps).toBe(3);
      expect(await second.state()).toEqual(state);
      for (const trainer of [first, second]) {
        while (trainer.steps < 5) await step(trainer);
        expect(await trainer.state()).toEqual(await through.state());
      }
    },
  );

  it("refuses states that are not of these parameters", async () => {
    const options = { optimizer: { kind: "adamw" }, rate, kernels } as const;
    const state = await shifted(start, options)[0].state();
    const wrong = expect.objectContaining({ code: "TRAINER_STATE" });
    for (const change of [
      { parameters: [] },
      { momentum: [new Float32Array(3)] },
      { squares: [] },
      { squares: [...state.squares, ...state.squares] },
    ]) {
      expect(() => shifted(start, { ...options, state: { ...state, ...change } })).toThrow(wrong);
    }
    const sgd = { ...options, optimizer: { kind: "sgd" }, state } as const;
    expect(() => shifted(start, sgd)).toThrow(wrong);
    const steps = expect.objectContaining({ code: "OPTION_INVALID" });
    const half = { ...options, dtype: "f16" } as const;
    expect(() => shifted(start, half)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    const before = { ...state, steps: -1 };
    expect(() => shifted(start, { ...options, state: before })).toThrow(steps);
  });

  it("computes gradients by the numbers as they are, of what lies behind products too", async () => {
    const chain = Chain.parse("1,4,2,6; 2,3,4,2");
    const traced = (numbers?: readonly Float32Array[]): [Trainer, Parameter[]] => {
      const factors = chain.patterns.map(({ a, b, c, d }, at) => {
        const start = Float32Array.from({ length: a * b * c * d }, (_, i) => Math.sin(i + at));
        return Parameter.of([a, b, c, d], numbers?.[at]?.slice() ?? start);
      });
      const graph = new Graph();
      const x = graph.input("x", { vectors: 3, features: chain.cols });
      const y = f.linear(x, { chain, factors });
      const loss = meanSquaredError(y, graph.input("target", y));
      const options = { optimizer: { kind: "sgd" }, rate: 0.1, kernels } as const;
      return [new Trainer(graph, loss, factors, options), factors];
    };
    const x = Float32Array.from({ length: 3 * chain.cols }, (_, at) => Math.cos(at));
    const batch = { x, target: new Float32Array(3 * chain.rows) };
    const [trainer, factors] = traced();
    for (let step = 0; step < 3; step++) await trainer.step([batch]);
    await trainer.read();
    const [fresh] = traced(factors.map(({ values }) => values));
    const { loss, norm } = await fresh.step([batch]);
    expect(await trainer.step([batch])).toEqual({ step: 3, rate: 0.1, loss, norm });
  });

  it("refuses a step without a batch, or of more than it accumulates", async () => {
    const [trainer] = shifted(start, { optimizer: { kind: "sgd" }, rate, kernels });
    const invalid = expect.objectContaining({ code: "OPTION_INVALID" });
    await expect(trainer.step([])).rejects.toThrow(invalid);
    const one = inputs([0, 0]);
    await expect(trainer.step([one, one])).rejects.toThrow(invalid);
  });
});

describe("numbers that the kernels in WebAssembly have changed", () => {
  const options = { optimizer: { kind: "sgd" }, rate: 0.5, kernels: "wasm" } as const;
  const unread = expect.objectContaining({ code: "PARAMETER_UNREAD" });

  it("are not read by mistake, and by others after read()", async () => {
    const [trainer, shift] = shifted([1, 2], options);
    const before = shift.values;
    await trainer.step([inputs([0, 0])]);
    expect(() => shift.values).toThrow(unread);
    await trainer.read();
    expect(shift.values).toBe(before);
    expect([...shift.values]).toEqual([0.5, 1]);
    await trainer.step([inputs([0, 0])]);
    expect(() => shift.values).toThrow(unread);
  });

  it("are there after the trainer was disposed of, unless a step was under way", async () => {
    const [trainer, shift] = shifted([1, 2], options);
    await trainer.step([inputs([0, 0])]);
    trainer.dispose();
    expect([...shift.values]).toEqual([0.5, 1]);
    const gone = expect.objectContaining({ code: "MODEL_DISPOSED" });
    await expect(trainer.step([inputs([0, 0])])).rejects.toThrow(gone);
    await expect(trainer.read()).rejects.toThrow(gone);

    const [other, shifting] = shifted([1, 2], options);
    await other.step([inputs([0, 0])]);
    const step = other.step([inputs([0, 0])]);
    other.dispose();
    await step.catch(() => undefined);
    expect(() => shifting.values).toThrow(unread);
  });

  it("give way to others that are assigned", async () => {
    const [trainer, shift] = shifted([1, 2], options);
    await trainer.step([inputs([0, 0])]);
    shift.values = Float32Array.of(3, 4);
    expect([...shift.values]).toEqual([3, 4]);
  });
});

it("rates warm up and fall along a cosine", () => {
  const rate = warmupCosine({ rate: 2, steps: 12, warmup: 4, final: 1 });
  expect([0, 1, 3, 4].map(rate)).toEqual([0.5, 1, 2, 2]);
  expect(rate(8)).toBeCloseTo(1.5, 12);
  expect(rate(11)).toBeCloseTo(1.5 + Math.cos((7 * Math.PI) / 8) / 2, 12);
  expect([12, 100].map(rate)).toEqual([1, 1]);
  expect(() => warmupCosine({ rate: 1, steps: 3, warmup: 4 })).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID" }),
  );
});

it("rates of factors are those of arXiv 2406.06248, and 1 for dense layers", () => {
  const graph = new Graph();
  const chain = Chain.parse("1,4,2,6; 2,3,4,2");
  const layer = new ButterflyLinear({ weight: chain });
  const dense = new Linear({ inFeatures: 24, outFeatures: 5 });
  const x = graph.input("x", { vectors: 1, features: chain.cols });
  dense.forward(layer.forward(x));
  const rates = factorRates(graph);
  const factors = layer.matrices[0]?.factors ?? [];
  expect(factors.map((factor) => rates.get(factor))).toEqual([16 / (2 * 2), 16 / (4 * 2)]);
  expect(rates.get(dense.weight)).toBe(1);
});

it("decays of factors shrink a product as a dense matrix", async () => {
  const graph = new Graph();
  const layer = new ButterflyLinear({ weight: Chain.parse("1,4,2,6; 2,3,4,2"), bias: false });
  const dense = new Linear({ inFeatures: 24, outFeatures: 5 });
  const x = graph.input("x", { vectors: 1, features: 16 });
  const y = dense.forward(layer.forward(x));
  const loss = meanSquaredError(y, graph.input("target", { vectors: 1, features: 5 }));
  const decays = factorDecays(graph);
  const factors = layer.matrices[0]?.factors ?? [];
  expect([...factors, dense.weight].map((factor) => decays.get(factor))).toEqual([0.5, 0.5, 1]);
  const trained = [...factors, dense.weight];
  const before = trained.map(({ values }) => values.slice());
  const options = { optimizer: { kind: "adamw" }, rate: 0.1, decay: 0.5, decays } as const;
  using trainer = new Trainer(graph, loss, trained, options);
  // Vectors of zeros have no gradient: what changes is by the decay alone.
  await trainer.step([{ x: new Float32Array(16), target: new Float32Array(5) }]);
  for (const [at, { values }] of trained.entries()) {
    const left = at < 2 ? 1 - 0.1 * 0.5 * 0.5 : 1 - 0.1 * 0.5;
    values.forEach((value, index) => {
      const right = left * (before[at]?.[index] as number);
      expect(Math.abs(value - right)).toBeLessThanOrEqual(2 ** -22 * Math.abs(right));
    });
  }
  expect(() => new Trainer(graph, loss, trained, { ...options, decays: 1 as never })).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID" }),
  );
});

describe.each(Object.entries(TRAINING_MODELS))("%s", (_, make) => {
  it.each(Object.entries(OPTIMIZERS))(
    "is trained by the kernels as by the reference, and bit by bit the same again, by %s",
    async (_, options) => {
      const found = await train(make, { ...options, kernels: "wasm" });
      expectSameTraining(found, await train(make, options), options);
      expect(await train(make, { ...options, kernels: "wasm" })).toEqual(found);
    },
  );
});
