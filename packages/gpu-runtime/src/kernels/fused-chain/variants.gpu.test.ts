import { Butterfly, Chain, LAYOUTS, type Layout } from "@papilio/butterfly";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Gpu } from "../../gpu/gpu.ts";
import { prepareFusedChain } from "../../multiplication/fused-chain.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { expectFusedChain } from "../../testing/expect-fused-chain.ts";
import { openTestGpu } from "../../testing/open-test-gpu.ts";
import { mostElements } from "./elements-of.ts";
import type { FusedChainProblem } from "./problem.ts";
import type { FusedChainVariant } from "./variant.ts";

let gpu: Gpu;
let subgroup: number | "load";
beforeAll(async () => {
  gpu = await openTestGpu();
  const sizes = gpu.report.features.subgroups;
  subgroup = sizes !== null && sizes.min === sizes.max ? sizes.min : "load";
});
afterAll(() => gpu.dispose());

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

// Parts of longer chains (a and d above 1 in the product), of rank 2, rectangular, transposed. Small:
// every product is a line of the kernel, and a software adapter takes its time to compile them.
const chains = [
  "4,2,2,8;8,2,2,4",
  "1,2,2,4;2,2,2,2;4,2,2,1",
  "2,2,2,8;4,2,2,4;8,2,2,2",
  "2,3,2,4;4,2,3,2",
  "1,2,4,2;2,4,2,1",
  "1,3,2,2;2,2,3,1",
  "2,3,2,1;1,2,3,2",
  "2,2,2,1;2,2,2,1",
].map((text) => Chain.parse(text));

interface GivenCase {
  readonly chain: Chain;
  readonly batch: number;
  readonly layout: Layout;
  readonly half: boolean;
  readonly inPlace: boolean;
  readonly biased: boolean;
  readonly shared: boolean;
}

const cases: fc.Arbitrary<GivenCase> = fc.record({
  chain: fc.constantFrom(...chains),
  batch: fc.integer({ min: 1, max: 40 }),
  layout: fc.constantFrom(...LAYOUTS),
  half: fc.boolean(),
  inPlace: fc.boolean(),
  biased: fc.boolean(),
  shared: fc.boolean(),
});

describe("any variant on any chain gives the float64 product", () => {
  async function check(
    { chain, batch, layout, half, inPlace, biased, shared }: GivenCase,
    variant: (problem: FusedChainProblem) => FusedChainVariant,
  ): Promise<void> {
    const dtype = half && gpu.report.features.f16 ? "f16" : "f32";
    const shape = { batch, layout, dtype } as const;
    const { b, c } = chain.product();
    await expectFusedChain(gpu, chain, shape, variant({ chain, ...shape }), {
      inPlace: inPlace && b === c,
      biased: biased && dtype === "f32",
      shared,
    });
  }

  it("in registers", { timeout: 600_000 }, async () => {
    const variants = fc.record({
      lanes: fc.constantFrom("batch" as const, "blocks" as const),
      vector: fc.constantFrom(1 as const, 2 as const, 4 as const),
      shared: fc.boolean(),
      groups: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, variants, (given, { lanes, vector, shared, groups }) =>
        check(given, (problem) => ({
          kind: "register",
          lanes,
          vector: Math.min(vector, mostElements(problem)) as 1 | 2 | 4,
          broadcast: shared && lanes === "batch" ? subgroup : "load",
          workgroup: groups * (subgroup === "load" ? 8 : subgroup),
        })),
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it("in workgroup memory", { timeout: 600_000 }, async () => {
    const variants = fc.record({
      tileN: fc.constantFrom(1, 3, 8),
      cut: fc.nat(2),
      workgroup: fc.constantFrom(8, 20, 64),
    });
    await fc.assert(
      fc.asyncProperty(cases, variants, (given, { tileN, cut, workgroup }) => {
        const { length } = given.chain;
        const first = Math.min(cut, length - 1);
        const passes = first === 0 ? [length] : [first, length - first];
        return check(given, () => ({ kind: "workgroup", tileN, passes, workgroup }));
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});

describe("a chain that cannot be fused", () => {
  const shape = { batch: 4, layout: "batch-last", dtype: "f32" } as const;

  it("is refused, where its blocks are too large or must be square", () => {
    const large = Butterfly.random(Chain.monarch(4096), { seed: 1 });
    expect(() => prepareFusedChain(gpu, large, shape)).toThrow(code("RANGE_NOT_FUSED"));
    const wide = Butterfly.random(Chain.parse("3,4,2,6;3,4,4,3"), { seed: 1 });
    expect(() => prepareFusedChain(gpu, wide, shape, { inPlace: true })).toThrow(
      code("RANGE_NOT_FUSED"),
    );
  });

  it("in place is refused for an output apart", () => {
    const butterfly = Butterfly.random(Chain.squareDyadic(8), { seed: 1 });
    using fused = prepareFusedChain(gpu, butterfly, shape, { inPlace: true });
    using x = new Tensor(gpu, { ...shape, features: 8 });
    using y = new Tensor(gpu, { ...shape, features: 8 });
    expect(() => fused.steps(x, y)).toThrow(code("TENSOR_MISMATCH"));
  });
});
