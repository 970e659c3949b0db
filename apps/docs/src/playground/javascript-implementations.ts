import type { CpuImplementation, PreparedOnHost, Problem } from "@papilio/bench";
import { compile, reference } from "@papilio/butterfly";

/** Ways of multiplying in JavaScript, for a page that has no adapter to compare the CPU backend with. */
export const javascriptImplementations: readonly CpuImplementation[] = [
  {
    name: "reference",
    description: "factor by factor, sums in float64, in JavaScript",
    processor: "cpu",
    prepare,
  },
  {
    name: "dense",
    description: "the dense matrix, in JavaScript",
    processor: "cpu",
    arithmetic: "product",
    prepare: ({ butterfly, ...problem }) =>
      prepare({ ...problem, butterfly: butterfly.merge(0, butterfly.factors.length) }),
  },
];

async function prepare({ butterfly, shape, hostInput }: Problem): Promise<PreparedOnHost> {
  const weights = await compile(butterfly, reference);
  const out = new Float32Array(weights.rows * shape.batch);
  return {
    bytes: weights.bytes,
    run: async (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++) {
        await weights.multiply(hostInput, shape, { out });
      }
    },
    output: () => out,
    [Symbol.dispose]: () => weights.dispose(),
  };
}
