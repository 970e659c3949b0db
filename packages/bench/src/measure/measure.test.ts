import { Chain } from "@papilio/butterfly";
import { describe, expect, it } from "vitest";
import { assertCaseFits, type Case } from "../cases/case.ts";
import { cpuWasm } from "../implementations/cpu-wasm.ts";
import type { CpuImplementation } from "../implementations/implementation.ts";
import { findImplementation } from "../implementations/registry.ts";
import { clockSteps } from "./clock-steps.ts";
import { measureCase } from "./measure.ts";
import { type CaseOutcome, runBenchmark } from "./run.ts";

const item: Case = {
  chain: Chain.parse("1,16,8,4;2,8,4,2;8,2,4,1"),
  batch: 16,
  dtype: "f32",
  layout: "batch-last",
};
const options = { rounds: 2, minSample: 0 };

/** Adds a tenth to what the CPU backend gives. */
const wrong: CpuImplementation = {
  ...cpuWasm,
  name: "wrong",
  prepare: async (problem) => {
    const prepared = await cpuWasm.prepare(problem);
    const output = async (): Promise<Float32Array> =>
      (await prepared.output()).map((value) => value * 1.1);
    return { ...prepared, output };
  },
};

describe("without an adapter", () => {
  it("what computes in double precision is verified and timed, and the rest skipped", async () => {
    const wrongDouble: CpuImplementation = {
      ...wrong,
      prepareDouble: async (problem) => {
        const prepared = await (cpuWasm.prepareDouble as NonNullable<typeof wrong.prepareDouble>)(
          problem,
        );
        // As wrong as single precision is.
        const output = async (): Promise<Float64Array> =>
          (await prepared.output()).map(Math.fround);
        return { ...prepared, output };
      },
    };
    const { prepare } = cpuWasm;
    const single = { ...{ name: "single", description: "", prepare }, processor: "cpu" } as const;
    const compared = [cpuWasm, wrongDouble, single, findImplementation("bmm")];
    const { results, dtype } = await measureCase(
      undefined,
      { ...item, dtype: "f64" },
      compared,
      options,
    );
    expect(dtype).toBe("f64");
    expect(results).toMatchObject([
      { status: "timed", timing: { wall: [expect.any(Number), expect.any(Number)], device: [] } },
      { status: "wrong" },
      { status: "skipped", reason: "single does not compute in double precision." },
      { status: "skipped", reason: "Adapters do not compute in double precision." },
    ]);
    const gradient = {
      ...item,
      chain: item.chain.slice(0, 1),
      operation: "gradient",
      dtype: "f64",
    } as const;
    await expect(measureCase(undefined, gradient, compared, options)).rejects.toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });

  it.each(["f32", "f16"] as const)(
    "what computes on the CPU is verified and timed, in %s, and the rest skipped",
    async (dtype) => {
      const compared = [cpuWasm, wrong, findImplementation("bmm")];
      const { results, verifiedVectors } = await measureCase(
        undefined,
        { ...item, dtype },
        compared,
        options,
      );
      expect(results).toMatchObject([
        { status: "timed", timing: { wall: [expect.any(Number), expect.any(Number)], device: [] } },
        { status: "wrong" },
        { status: "skipped", reason: "There is no adapter." },
      ]);
      expect(verifiedVectors).toBe(16);
    },
  );

  it("inputs exceed a cache together, and are read in turn", async () => {
    const bytes = 16 * item.chain.cols * 4;
    const { inputs } = await measureCase(undefined, item, [cpuWasm], {
      ...options,
      cacheBytes: 3 * bytes,
    });
    expect(inputs).toBe(4);
  });

  it("an implementation is named before it is prepared", async () => {
    const named: string[] = [];
    await measureCase(undefined, item, [cpuWasm, wrong], {
      ...options,
      onPrepare: ({ name }) => named.push(name),
    });
    expect(named).toEqual(["cpu-wasm", "wrong"]);
  });

  it("a run goes through its cases, and skips those that the host cannot hold", async () => {
    const large = { ...item, batch: 2 ** 26 };
    const outcomes: CaseOutcome[] = [];
    const complete = await runBenchmark(undefined, [large, item], [cpuWasm], {
      ...options,
      onOutcome: (outcome) => void outcomes.push(outcome),
    });
    expect(complete).toBe(true);
    expect(outcomes).toMatchObject([
      { record: "skip", cause: "device", reason: expect.stringContaining("4294967296 elements") },
      { record: "case", results: [{ status: "timed" }] },
    ]);
    expect(() => assertCaseFits(undefined, large)).toThrow(
      expect.objectContaining({ code: "ARRAY_TOO_LARGE" }),
    );
  });

  it("there is one clock", async () => {
    const { wall, device } = await clockSteps(undefined);
    expect(wall).toBeGreaterThan(0);
    expect(device).toBe(null);
  });
});
