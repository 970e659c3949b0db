import {
  dequantizeValues,
  type FewBits,
  quantizeValues,
  type Sizes,
} from "@papilio/butterfly/numeric";
import { valueScales } from "@papilio/butterfly/rounding";
import { describe, expect, it } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { monarch } from "../layers/butterfly-linear.ts";
import { Gpt2 } from "../models/gpt2.ts";
import type { Parameter } from "../modules/parameter.ts";
import { characterTokens } from "./characters.ts";
import { type Examples, imitationTask } from "./imitation-task.ts";
import { warmupCosine } from "./schedule.ts";
import type { DisposableTask } from "./tasks.ts";
import { train } from "./train.ts";
import { type RoundedNumbers, trainRounded } from "./train-rounded.ts";

const CONTEXT = 8;
const TEXT = "the quick brown fox jumps over the lazy dog. ".repeat(20);
const code = (name: string): unknown => expect.objectContaining({ code: name });
const { tokens, vocabulary } = characterTokens(TEXT);

/** Models of the same numbers. */
function newModel(): Gpt2 {
  return new Gpt2({
    ...{ vocabulary: vocabulary.length, features: 16, layers: 1, heads: 2, positions: CONTEXT },
    ...{ linear: { projection: monarch(), ffn: monarch() }, seed: 5 },
  });
}

const pieces = (from: number, to: number): Examples => ({
  count: to - from,
  inputs: { ids: tokens.slice(from * CONTEXT, to * CONTEXT) },
});

interface Student {
  readonly task: DisposableTask;
  readonly model: Gpt2;
  readonly rounded: Map<Parameter, RoundedNumbers>;
}

/** A model whose tables and factors were rounded, and the task of computing what it did before. */
function student(dtype: FewBits, kernels: "reference" | "wasm"): Student {
  const [model, teacher] = [newModel(), newModel()];
  const rounded = new Map<Parameter, RoundedNumbers>();
  for (const parameter of new Set(model.namedParameters().values())) {
    if (parameter.shape.length < 2) continue;
    const quantized = quantizeValues(parameter.values, sizesOf(parameter), dtype);
    parameter.values = dequantizeValues(quantized);
    rounded.set(parameter, { dtype, scales: valueScales(quantized) });
  }
  const task = imitationTask({
    trace: (sequences) => model.trace({ sequences, tokens: CONTEXT }),
    teacher: (sequences) => teacher.trace({ sequences, tokens: CONTEXT }),
    parameters: new Map([...model.namedParameters()].filter(([, one]) => rounded.has(one))),
    train: pieces(0, 80),
    validation: pieces(80, 96),
    ...{ batch: 8, seed: 2, kernels },
  });
  return { task, model, rounded };
}

function sizesOf({ shape }: Parameter): Sizes {
  return shape.length === 4
    ? (shape as unknown as Sizes)
    : [1, shape[0] as number, shape[1] as number, 1];
}

const options = { optimizer: { kind: "adamw" }, rate: 0.02, clip: 1, steps: 60 } as const;

describe.each(["q4", "q3", "q2"] as const)("training weights of %s", (dtype) => {
  it("comes nearer to the teacher by numbers of the grid alone", async () => {
    const { task, model, rounded } = student(dtype, "wasm");
    using _ = task;
    const before = new Map([...rounded].map(([one]) => [one, one.values.slice()] as const));
    const result = await trainRounded(task, {
      ...options,
      ...{
        rounded,
        kernels: "wasm",
        evaluateEvery: 5,
        rate: warmupCosine({ rate: 0.005, steps: 60, warmup: 3 }),
      },
    });
    const start = result.before?.loss as number;
    expect(result.evaluation?.loss).toBeLessThan(0.8 * start);
    let changed = 0;
    for (const [parameter, { scales }] of rounded) {
      const { values } = parameter;
      const kept = dequantizeValues(quantizeValues(values, sizesOf(parameter), dtype));
      expect(kept.map((value) => value + 0)).toEqual(values);
      for (const [at, value] of values.entries()) {
        if (value !== before.get(parameter)?.[at]) changed++;
        expect(Number.isInteger(value / (scales[at] as number))).toBe(true);
      }
    }
    expect(changed).toBeGreaterThan(0);
    // A model that is made of them computes what was measured.
    const again = imitationTask({
      trace: (sequences) => model.trace({ sequences, tokens: CONTEXT }),
      teacher: (sequences) => newModel().trace({ sequences, tokens: CONTEXT }),
      ...{ parameters: new Map(), train: pieces(0, 8), validation: pieces(80, 96) },
      ...{ batch: 8, seed: 2 },
    });
    expect((await again.evaluate?.())?.loss).toBeCloseTo(result.evaluation?.loss as number, 5);
  });
});

describe("trainRounded", () => {
  it("has the steps of the reference by the kernels in WebAssembly", async () => {
    const losses = await Promise.all(
      (["reference", "wasm"] as const).map(async (kernels) => {
        const { task, rounded } = student("q3", kernels);
        using _ = task;
        const found: number[] = [];
        const onStep = ({ loss }: { loss: number }): void => void found.push(loss);
        await trainRounded(task, { ...options, rounded, kernels, steps: 3, onStep });
        return found;
      }),
    );
    const [reference, wasm] = losses as [number[], number[]];
    for (const [at, loss] of reference.entries()) expect(wasm[at]).toBeCloseTo(loss, 4);
  });

  it("changes codes at the same rate however few bits they have", async () => {
    for (const dtype of ["q4", "q3", "q2", "q1"] as const) {
      const { task, rounded } = student(dtype, "wasm");
      using _ = task;
      const before = new Map([...rounded.keys()].map((one) => [one, one.values.slice()]));
      // What measures nothing keeps the last numbers.
      const { evaluate: __, ...unmeasured } = task;
      await trainRounded(unmeasured, { ...options, rounded, kernels: "wasm", rate: 0.0015 });
      let [changed, all] = [0, 0];
      for (const [{ values }, start] of before) {
        changed += values.filter((value, at) => value !== start[at]).length;
        all += values.length;
      }
      expect(changed / all).toBeGreaterThan(0.01);
    }
  });

  it("leaves what was best, the start where nothing was better", async () => {
    const { task, rounded } = student("q4", "wasm");
    using _ = task;
    const [first] = rounded.keys();
    const start = first?.values.slice();
    const result = await trainRounded(task, {
      ...{ ...options, rounded, kernels: "wasm", rate: 10, steps: 3, clip: 1 },
    });
    expect(result.evaluation).toEqual(result.before);
    expect(first?.values).toEqual(start);
    expect((await task.evaluate?.())?.loss).toBe(result.before?.loss);
  });

  it("refuses parameters that are not trained, and scales of other numbers", async () => {
    const { task, rounded } = student("q4", "reference");
    using _ = task;
    const [first] = rounded.keys() as Iterable<Parameter>;
    const other = newModel().namedParameters().values().next().value as Parameter;
    const scales = new Float32Array(1);
    for (const [map, wanted] of [
      [new Map([[other, { dtype: "q4", scales }]]), "OPTION_INVALID"],
      [new Map([[first, { dtype: "q4", scales }]]), "INPUT_LENGTH"],
      [new Map([[first, { dtype: "q9", scales }]]), "OPTION_INVALID"],
    ] as const) {
      const run = trainRounded(task, { ...options, rounded: map as typeof rounded });
      await expect(run).rejects.toThrow(code(wanted));
    }
  });
});

it("imitates by the mean squared error where there are no logits", async () => {
  const [own, other] = [newModel(), newModel()];
  const named = (model: Gpt2) => (sequences: number) => {
    const graph = model.trace({ sequences, tokens: CONTEXT });
    const logits = graph.outputs.get("logits");
    const renamed = graph.outputs as Map<string, typeof logits>;
    renamed.delete("logits");
    renamed.set("y", logits);
    return graph;
  };
  const [bias] = [...own.namedParameters()].filter(([name]) => name === "ln_f.bias");
  bias?.[1].values.fill(0.5);
  using task = imitationTask({
    ...{ trace: named(own), teacher: named(other), parameters: own.namedParameters() },
    ...{ train: pieces(0, 8), validation: pieces(8, 12), batch: 4, seed: 0 },
  });
  const ids = tokens.slice(8 * CONTEXT, 12 * CONTEXT);
  const [y, wanted] = [own, other].map(
    (model) => new CpuModel(named(model)(4)).runNow({ ids }).y as Float32Array,
  ) as [Float32Array, Float32Array];
  const squares = y.map((value, at) => (value - (wanted[at] as number)) ** 2);
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  expect(mean).toBeGreaterThan(0);
  expect((await task.evaluate?.())?.loss).toBeCloseTo(mean, 5);
  const lost = { count: 3, inputs: { ids: tokens.slice(0, 8) } };
  expect(() =>
    imitationTask({
      ...{ trace: named(own), teacher: named(other), parameters: new Map() },
      ...{ train: lost, batch: 1, seed: 0 },
    }),
  ).toThrow(code("INPUT_LENGTH"));
});

it("changes numbers of a task after each step", async () => {
  const { task, rounded } = student("q4", "wasm");
  using _ = task;
  const [first] = rounded.keys();
  await train(task, {
    ...{ ...options, steps: 2, kernels: "wasm" },
    project: () => void first?.values.fill(0.25),
  });
  expect(first?.values.every((value) => value === 0.25)).toBe(true);
});
