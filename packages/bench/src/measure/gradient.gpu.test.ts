import { Chain, LAYOUTS } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Case } from "../cases/case.ts";
import type { DeviceImplementation } from "../implementations/implementation.ts";
import { gradientImplementations, implementations } from "../implementations/registry.ts";
import { measureCase } from "./measure.ts";

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
});
afterAll(() => gpu.dispose());

const options = { rounds: 1, minSample: 0 };
const gradientOf = (chain: string, rest: Partial<Case> = {}): Case => ({
  operation: "gradient",
  ...{ chain: Chain.parse(chain), batch: 6, dtype: "f32", layout: "batch-last" },
  ...rest,
});

/** The first way, with its output negated where `y` is read back. */
const negated: DeviceImplementation = {
  ...(gradientImplementations[0] as DeviceImplementation),
  name: "negated",
  async prepare(problem) {
    const [right] = gradientImplementations as readonly [DeviceImplementation];
    const prepared = await right.prepare(problem);
    return {
      ...prepared,
      output: async () => (await problem.y.data()).map((value) => -value),
    };
  },
};

describe("the gradient of a factor", () => {
  it.each(LAYOUTS)("is verified, then timed, %s", async (layout) => {
    const item = gradientOf("2,3,4,2", { layout });
    const result = await measureCase(gpu, item, gradientImplementations, options);
    expect(result).toMatchObject({ chain: "2,3,4,2", operation: "gradient", verifiedVectors: 48 });
    expect(result.results.map(({ implementation, status }) => [implementation, status])).toEqual(
      ["kronecker-sparse", "bmm", "dense", "einsum"].map((name) => [name, "timed"]),
    );
  });

  it("is wrong where its values are", async () => {
    const { results } = await measureCase(gpu, gradientOf("1,2,3,1"), [negated], options);
    expect(results).toMatchObject([{ implementation: "negated", status: "wrong" }]);
  });

  it("is of one factor", async () => {
    const item = gradientOf("1,2,2,2;2,2,2,1");
    await expect(measureCase(gpu, item, gradientImplementations)).rejects.toMatchObject({
      code: "GRADIENT_OF_CHAIN",
    });
  });

  it("is not what multiplies, nor the other way round", async () => {
    const item = gradientOf("1,2,3,1");
    const multiplied = await measureCase(gpu, item, implementations.slice(0, 1), options);
    expect(multiplied.results).toMatchObject([{ status: "skipped" }]);
    const { operation: _, ...product } = item;
    const gradient = await measureCase(gpu, product, gradientImplementations.slice(0, 1), options);
    expect(gradient.results).toMatchObject([{ status: "skipped" }]);
  });
});
