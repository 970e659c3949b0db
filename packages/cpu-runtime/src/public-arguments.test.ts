import { Butterfly, Chain, ComplexButterfly, KroneckerSparse, Pattern } from "@papilio/butterfly";
import {
  attempt,
  call,
  callableExports,
  invoke,
  mistakes,
  type PublicCalls,
  sweep,
} from "@papilio/public-arguments";
import { describe, expect, it } from "vitest";
import * as cpu from "./index.ts";

const { CpuButterfly, CpuComplexButterfly } = cpu;
const chain = Chain.squareDyadic(4);
const matrix = Butterfly.random(chain, { seed: 1 });
const complex = ComplexButterfly.random(chain, { seed: 1 });
const shape = { batch: 1, layout: "batch-first" } as const;
const x = Float32Array.of(1, 2, 3, 4);
const z = { re: x, im: x };
const out = (): Float32Array => new Float32Array(4);
const { signal } = new AbortController();
const plan = { panel: 16, passes: [{ from: 0, to: 2, stages: [{ from: 0, to: 2 }] }] };
const options = { threads: 1, plan };
const packed = await CpuButterfly.create(matrix, { threads: 1 });
const packedComplex = await CpuComplexButterfly.create(complex, { threads: 1 });

const calls: PublicCalls = {
  "CpuButterfly.create": () => call(CpuButterfly.create, matrix, { ...options }),
  "CpuButterfly#multiply": () =>
    invoke(packed, "multiply", x, { ...shape }, { out: out(), signal }),
  "CpuButterfly#allocate": () => invoke(packed, "allocate", 4),
  "CpuComplexButterfly.create": () => call(CpuComplexButterfly.create, complex, { ...options }),
  "CpuComplexButterfly#multiply": () =>
    invoke(
      packedComplex,
      "multiply",
      { ...z },
      { ...shape },
      { out: { re: out(), im: out() }, signal },
    ),
  "CpuComplexButterfly#allocate": () => invoke(packedComplex, "allocate", 4),
  predictCpuSeconds: () =>
    call(cpu.predictCpuSeconds, chain, { ...shape }, { threads: 1, parts: 1 }),
};

/** What is not in the table. */
const EXEMPT: Readonly<Record<string, string>> = {
  disposeCpuThreads: "takes nothing",
};

/** Values of another kind than those of the table that are as good. */
const taken = [
  // Of the shape that time is predicted for only the batch matters.
  /^predictCpuSeconds: \[1\]\[layout\]/,
];

describe("public functions", () => {
  it("are all in the table", () => {
    const missing = callableExports(cpu).filter((name) => !(name in calls) && !(name in EXEMPT));
    expect(missing).toEqual([]);
  });

  it("take the arguments of the table", async () => {
    for (const [name, make] of Object.entries(calls)) {
      await attempt(make()).catch((cause: unknown) => {
        throw new Error(`${name}: ${cause}`, { cause });
      });
    }
  });

  it("refuse others with a code", async () => {
    expect(mistakes(await sweep(calls), taken)).toEqual([]);
  });

  it("refuse matrices of another kind", async () => {
    const factor = KroneckerSparse.random(new Pattern(1, 2, 2, 2), { seed: 1 });
    const refused = expect.objectContaining({ code: "OPTION_INVALID" });
    for (const other of [chain, complex, packed]) {
      await expect(CpuButterfly.create(other as never)).rejects.toThrow(refused);
    }
    for (const other of [chain, matrix, factor]) {
      await expect(CpuComplexButterfly.create(other as never)).rejects.toThrow(refused);
    }
  });
});
