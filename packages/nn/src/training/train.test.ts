import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { adjacencyOf } from "../adjacency/adjacency.ts";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { monarch } from "../layers/butterfly-linear.ts";
import { Gpt2 } from "../models/gpt2.ts";
import { GCN } from "../models/node-classifiers.ts";
import { VisionTransformer } from "../models/vision-transformer.ts";
import type { Augmentation } from "./augment.ts";
import { characterTokens } from "./characters.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { distilledTask } from "./distilled-task.ts";
import { initialize } from "./initialize.ts";
import { warmupCosine } from "./schedule.ts";
import { type DisposableTask, imageTask, nodeTask, textTask } from "./tasks.ts";
import { type TrainOptions, train } from "./train.ts";
import type { TrainerState } from "./trainer-state.ts";

const kernels = "wasm";
const linear = { projection: monarch(), ffn: monarch() };
const invalid = expect.objectContaining({ code: "OPTION_INVALID" });

/** Digits of 8 x 8 pixels from 0 to 1, whose classes follow one another in no order. */
function digits(from: number, to: number): { images: Float32Array; labels: Uint32Array } {
  const file = resolve(import.meta.dirname, "../../testdata/digits/digits.csv.gz");
  const rows = gunzipSync(readFileSync(file)).toString().trim().split("\n").slice(from, to);
  const numbers = rows.map((row) => row.split(",").map(Number));
  return {
    images: Float32Array.from(
      numbers.flatMap((row) => row.slice(0, 64)),
      (pixel) => pixel / 16,
    ),
    labels: Uint32Array.from(numbers, (row) => row[64] as number),
  };
}

function vision(augmentation: Augmentation = { shift: 1 }): DisposableTask {
  const config = {
    imageSize: 8,
    patchSize: 4,
    channels: 1,
    classes: 10,
    features: 16,
    layers: 1,
    heads: 2,
    linear,
  };
  const model = new VisionTransformer(config);
  return imageTask({
    trace: (shape) => model.trace(shape),
    parameters: model.namedParameters(),
    shape: [1, 8, 8],
    train: digits(0, 300),
    validation: digits(300, 400),
    augmentation,
    batch: 16,
    seed: 3,
    kernels,
  });
}

const TEXT = "the quick brown fox jumps over the lazy dog. ".repeat(40);

function text(): DisposableTask {
  const { tokens, vocabulary } = characterTokens(TEXT);
  const model = new Gpt2({
    vocabulary: vocabulary.length,
    features: 16,
    layers: 1,
    heads: 2,
    positions: 8,
    linear,
  });
  const task = textTask({
    trace: (shape) => model.trace(shape),
    parameters: model.namedParameters(),
    context: 8,
    train: tokens.slice(0, 1500),
    validation: tokens.slice(1500),
    batch: 4,
    seed: 1,
    kernels,
  });
  initialize(task.graph);
  return task;
}

function nodes(): DisposableTask {
  const adjacency = adjacencyOf({ nodes: 6, edges: [0, 1, 1, 2, 2, 0, 2, 3, 3, 4, 4, 5, 5, 3] });
  const model = new GCN({ inFeatures: 4, classes: 2 });
  return nodeTask({
    trace: (use) => model.trace({ adjacency, ...(use === "training" ? { dropout: 0.2 } : {}) }),
    parameters: model.namedParameters(),
    features: Float32Array.from({ length: 24 }, (_, at) => Math.cos(at)),
    labels: Uint32Array.of(0, 0, 0, 1, 1, 1),
    classes: 2,
    train: Uint32Array.of(0, 5),
    validation: Uint32Array.of(1, 2, 3, 4),
    seed: 2,
    kernels,
  });
}

const options = (steps: number): TrainOptions => ({
  optimizer: { kind: "adamw" },
  rate: warmupCosine({ rate: 1e-2, warmup: 2, steps: 200 }),
  decay: 0.01,
  clip: 1,
  kernels,
  steps,
});

describe.each([
  ["images", vision],
  ["text", text],
  ["nodes", nodes],
] as const)("training on %s", (_, make) => {
  it("that stops and goes on from a file has the same losses and numbers, bit by bit", async () => {
    const losses = async (
      task: DisposableTask,
      steps: number,
      state?: TrainerState,
    ): Promise<[number[], TrainerState]> => {
      const found: number[] = [];
      let last: TrainerState | undefined;
      await train(task, {
        ...options(steps),
        accumulate: 2,
        state,
        onStep: ({ loss }) => void found.push(loss),
        onState: (now) => {
          last = now;
        },
      });
      return [found, last as TrainerState];
    };
    using whole = make();
    using first = make();
    using second = make();
    const [through, end] = await losses(whole, 5);
    const [begun, state] = await losses(first, 2);
    const file = encodeCheckpoint(first.parameters, { state, optimizer: "adamw", settings: "" });
    const [rest, resumed] = await losses(
      second,
      5,
      decodeCheckpoint(file, second.parameters).state,
    );
    expect([...begun, ...rest]).toEqual(through);
    expect(resumed).toEqual(end);
    const [through0] = whole.parameters.values();
    expect(through0?.values).toEqual(end.parameters[0]);
  });
});

describe("what is trained", () => {
  it("classifies digits that it has not seen", async () => {
    using task = vision({});
    const before = await task.evaluate?.();
    expect(before?.accuracy).toBeLessThan(0.3);
    const { evaluation } = await train(task, options(300));
    // Of 100 digits, ten classes.
    expect(evaluation?.accuracy).toBeGreaterThan(0.7);
    expect(evaluation?.loss).toBeLessThan(1);
  });

  it("continues a text that repeats itself", async () => {
    using task = text();
    const before = await task.evaluate?.();
    // Of 28 characters.
    expect(Math.abs((before?.loss as number) - Math.log(28))).toBeLessThan(0.2);
    const { evaluation } = await train(task, options(150));
    expect(evaluation?.loss).toBeLessThan(1);
  });
});

describe("a task with a teacher", () => {
  it("has the loss of the task and that of distillation, by the logits of the teacher", async () => {
    const plain = text();
    const model = new Gpt2({
      vocabulary: 28,
      features: 8,
      layers: 1,
      heads: 1,
      positions: 8,
      seed: 9,
    });
    const trace = (): Graph => model.trace({ sequences: 4, tokens: 8 });
    const student = plain.graph.outputs.get("logits") as Value;
    plain.graph.output("hard", plain.loss);
    using task = distilledTask(plain, { teacher: trace(), temperature: 2 });
    task.graph.output("both", task.loss);
    const inputs = await task.batch(3);
    const { ids } = await plain.batch(3);
    expect(inputs.ids).toEqual(ids);
    const [teacher] = [new CpuModel(trace()).runNow({ ids: ids as Uint32Array }).logits];
    expect(inputs.teacher).toEqual(teacher);
    const found = new CpuModel(task.graph).runNow(inputs);
    // Temperature squared times the divergence of softened distributions, in float64.
    const softened = (logits: ArrayLike<number>, vector: number): number[] => {
      const row = Array.from({ length: 28 }, (_, at) => (logits[28 * vector + at] as number) / 2);
      const sum = row.reduce((all, x) => all + Math.exp(x), 0);
      return row.map((x) => Math.exp(x) / sum);
    };
    let divergence = 0;
    for (let vector = 0; vector < student.vectors; vector++) {
      const p = softened(found.logits as Float32Array, vector);
      for (const [at, q] of softened(teacher as Float32Array, vector).entries()) {
        divergence += (4 * q * Math.log(q / (p[at] as number))) / student.vectors;
      }
    }
    const soft = (found.both?.[0] as number) - (found.hard?.[0] as number);
    expect(soft).toBeGreaterThan(0.01);
    expect(Math.abs(soft - divergence)).toBeLessThan(1e-4 * divergence);
    const [others, taught] = [text(), trace()];
    const states = [others.graph, taught].map((one) => one.outputs.get("logits") as Value);
    const hidden = { pairs: [states as [Value, Value]], weight: 3 };
    others.graph.output("state", states[0] as Value);
    using both = distilledTask(others, { teacher: taught, hidden });
    using logitsAlone = distilledTask(text(), { teacher: trace() });
    both.graph.output("loss", both.loss);
    logitsAlone.graph.output("loss", logitsAlone.loss);
    const given = await both.batch(3);
    const all = new CpuModel(both.graph).runNow(given);
    const without = new CpuModel(logitsAlone.graph).runNow(await logitsAlone.batch(3));
    const wanted = given["teacher.hidden.0"] as Float32Array;
    const squares = wanted.map((x, at) => (x - (all.state?.[at] as number)) ** 2);
    const error = squares.reduce((sum, square) => sum + square, 0) / squares.length;
    expect(error).toBeGreaterThan(0);
    const added = (all.loss?.[0] as number) - (without.loss?.[0] as number);
    expect(Math.abs(added - 3 * error)).toBeLessThan(1e-5);
    for (const [pairs, code] of [
      [[[plain.loss, plain.loss]], "GRAPH_MIXED"],
      [[], "OPTION_INVALID"],
      [[[plain.loss]], "OPTION_INVALID"],
    ] as const) {
      const wrong = { pairs: pairs as never, weight: 1 };
      expect(() => distilledTask(text(), { teacher: trace(), hidden: wrong })).toThrow(
        expect.objectContaining({ code }),
      );
    }
    const other = new Gpt2({ vocabulary: 27, features: 8, layers: 1, heads: 1, positions: 8 });
    const teacherOfOthers = other.trace({ sequences: 4, tokens: 8 });
    expect(() => distilledTask(text(), { teacher: teacherOfOthers })).toThrow(
      expect.objectContaining({ code: "GRAPH_SHAPE" }),
    );
  });
});

describe("train", () => {
  it("evaluates and keeps states when it is asked to, and after the last step", async () => {
    using task = nodes();
    const measured: number[] = [];
    const kept: number[] = [];
    const result = await train(task, {
      ...options(7),
      evaluateEvery: 3,
      keepEvery: 2,
      onStep: ({ step }, evaluation) => {
        if (evaluation !== undefined) measured.push(step);
      },
      onState: ({ steps }) => void kept.push(steps),
    });
    expect(measured).toEqual([2, 5, 6]);
    expect(kept).toEqual([0, 2, 4, 6, 7]);
    expect(result).toMatchObject({ steps: 7, stopped: false });
  });

  it("ends after a step when it is asked to, with its state kept", async () => {
    using task = nodes();
    const stop = new AbortController();
    const kept: number[] = [];
    const result = await train(task, {
      ...options(7),
      signal: stop.signal,
      onStep: ({ step }) => {
        if (step === 3) stop.abort();
      },
      onState: ({ steps }) => void kept.push(steps),
    });
    expect(kept).toEqual([0, 4]);
    expect(result).toMatchObject({ steps: 4, stopped: true });
  });

  it("keeps no state after a step that diverged", async () => {
    using task = nodes();
    const kept: number[] = [];
    const run = train(task, {
      ...options(50),
      keepEvery: 1,
      rate: (step) => (step < 3 ? 0.01 : 1e38),
      onState: ({ steps, parameters }) => {
        kept.push(steps);
        if (steps <= 3)
          for (const numbers of parameters) expect(numbers.every(Number.isFinite)).toBe(true);
      },
    });
    await expect(run).rejects.toThrow(expect.objectContaining({ code: "TRAINING_DIVERGED" }));
    expect(kept.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(kept.length).toBeLessThan(50);
  });

  it("refuses data that do not fit", () => {
    const { tokens } = characterTokens("abcdefgh");
    const model = new Gpt2({ vocabulary: 8, features: 8, layers: 1, heads: 1, positions: 8 });
    const [parameters, trace] = [
      model.namedParameters(),
      (shape: { sequences: number; tokens: number }) => model.trace(shape),
    ];
    const some = { parameters, trace, batch: 1, seed: 0, context: 8, train: tokens };
    expect(() => textTask(some)).toThrow(invalid);
    expect(() => textTask({ ...some, context: 4, validation: tokens.slice(4) })).toThrow(invalid);
    const images = {
      parameters,
      trace: () => model.trace({ tokens: 1 }),
      batch: 1,
      seed: 0,
      shape: [1, 2, 2],
    } as const;
    const train = { images: new Float32Array(7), labels: new Uint32Array(2) };
    expect(() => imageTask({ ...images, train })).toThrow(
      expect.objectContaining({ code: "INPUT_LENGTH" }),
    );
  });
});
