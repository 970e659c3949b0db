import { Chain, type StorageDtype } from "@papilio/butterfly";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import { type Gpu, MemoryTuningCache } from "@papilio/gpu-runtime";
import {
  type AttentionProblem,
  type AttentionVariant,
  attentionName,
  attentionVariants,
} from "@papilio/gpu-runtime/kernels";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { CpuModel } from "../backends/cpu/cpu-model.ts";
import { DeviceModel } from "../backends/gpu/device-model.ts";
import { tuneModel } from "../backends/gpu/tune-model.ts";
import type { TunedKernels } from "../backends/gpu/tuned-kernels.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { attention } from "../operations/attention/operation.ts";
import { linear } from "../operations/linear/operation.ts";
import { difference, inputsFor, parameter } from "./draw.ts";
import { openTestGpu } from "./open-test-gpu.ts";

const TOKENS = 24;
const FEATURES = 64;
/** Factors that become one kernel, in half precision on matrix units of 8 x 8 x 8. */
const CHAINS = { f32: "1,2,2,32;2,2,2,16", f16: "1,8,8,8;8,8,8,1" };

/** Two blocks alike in which two sequences attend to themselves, and a product of two factors. */
function attending(dtype: StorageDtype): Graph {
  const chain = Chain.parse(CHAINS[dtype]);
  const graph = new Graph();
  let x = graph.input("x", { vectors: 2 * TOKENS, features: FEATURES });
  const scale = 2 / FEATURES;
  for (const seed of [1, 5]) {
    const projected = (rows: number, offset: number): Value =>
      linear(x, parameter([rows, FEATURES], seed + offset));
    const keys = projected(FEATURES / 2, 1);
    const values = projected(FEATURES / 2, 2);
    const options = { sequences: 2, heads: 4, keyValueHeads: 2, causal: true, scale };
    x = attention(projected(FEATURES, 0), keys, values, options);
    const factors = chain.patterns.map(({ a, b, c, d }) => parameter([a, b, c, d], seed + 3));
    x = linear(x, { chain, factors });
  }
  graph.output("y", x);
  return graph;
}

/**
 * Tests that a model takes the kernels that were measured for it, and is right with each of those that are proposed:
 * on matrix units too, in half precision where the device has any.
 *
 * @param which `kinds` are those of attention alone, which take long to compile, and `few` all else
 */
export function testTunedModels(dtype: StorageDtype, which: "few" | "kinds" | "all"): void {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu.dispose());

  const graph = attending(dtype);
  const inputs = inputsFor(graph, 3);

  function skipWithout({ skip }: Pick<TestContext, "skip">): void {
    skip(dtype === "f16" && !gpu.report.features.f16, "the adapter has no half precision");
    skip(dtype === "f16" && !gpu.report.features.matrixUnits, "the adapter has no matrix units");
  }

  /** Compiles the model with kernels that were measured, and compares it with the CPU in float64. */
  async function expectRight(tuned: TunedKernels): Promise<readonly string[]> {
    using model = await DeviceModel.compile(gpu, graph, { dtype, tuned });
    const expected = new CpuModel(graph, { precision: "float64" }).runNow(inputs);
    const actual = await model.run(inputs);
    const { error, magnitude } = difference(actual.y as Float32Array, expected.y as Float64Array);
    expect(error).toBeLessThanOrEqual(100 * FLOAT_FORMATS[dtype].epsilon * Math.max(1, magnitude));
    return model.operations.flatMap(({ kernels }) => kernels);
  }

  describe(`a model in ${dtype}`, () => {
    if (which !== "kinds") {
      it("takes the kernels that were measured, once and from then on from the cache", async (context) => {
        skipWithout(context);
        const options = { dtype, cache: new MemoryTuningCache(), timeLimitSeconds: 0 };
        const before = gpu.memory.statistics.inUse;
        const tuned = await tuneModel(gpu, graph, options);
        expect(gpu.memory.statistics.inUse).toBe(before);
        // The blocks are alike, and keys and values: their problems are measured once.
        expect(tuned.choices.map(({ kind, from }) => [kind, from])).toEqual([
          ["attention", "measurement"],
          ["plan", "measurement"],
          ["plan", "measurement"],
          ["plan", "measurement"],
        ]);
        const kernels = await expectRight(tuned);
        const [{ name } = { name: "" }] = tuned.choices;
        expect(kernels.filter((label) => label.endsWith(name))).toHaveLength(2);
        const again = await tuneModel(gpu, graph, options);
        expect(again.choices).toEqual(
          tuned.choices.map((choice) => ({ ...choice, from: "cache" })),
        );
        expect(() =>
          tuned.requireFor({ ...gpu.report, driver: `another than ${gpu.report.driver}` }),
        ).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
      });

      it("is right with factors that are fused, and takes the plan", async (context) => {
        skipWithout(context);
        const matrixUnits = dtype === "f16";
        const stages = [{ from: 0, to: 2, how: "fuse", matrixUnits }] as const;
        const kernels = await expectRight({
          choices: [],
          requireFor: () => undefined,
          attention: () => undefined,
          plan: ({ length }, { layout }) => (length === 1 ? undefined : { layout, stages }),
        });
        expect(kernels.filter((label) => label.startsWith("fused"))).toHaveLength(2);
      });
    }

    if (which === "few") return;
    it("is right with each kind of attention, and takes it", async (context) => {
      skipWithout(context);
      const kinds = dtype === "f16" ? ["matrix"] : ["register", "workgroup"];
      for (const kind of kinds) {
        const taken: AttentionVariant[] = [];
        const kernels = await expectRight(attendingBy(gpu, kind, taken));
        expect(taken.map((variant) => variant.kind)).toEqual([kind, kind]);
        for (const variant of taken) {
          expect(kernels.join()).toContain(attentionName(variant));
        }
      }
    });
  });
}

/** Attention by the last of its shapes of a kind, which is the smallest. */
function attendingBy(gpu: Gpu, kind: string, taken: AttentionVariant[]): TunedKernels {
  return {
    choices: [],
    requireFor: () => undefined,
    attention(problem: AttentionProblem) {
      const variant = attentionVariants(gpu.report, problem).findLast((one) => one.kind === kind);
      if (variant !== undefined) taken.push(variant);
      return variant;
    },
    plan: () => undefined,
  };
}
