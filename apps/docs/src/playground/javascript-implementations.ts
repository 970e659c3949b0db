import type { CpuImplementation, PreparedOnHost, Problem } from "@papilio/bench";

/** Ways of multiplying in JavaScript, for a page that has no adapter to compare the CPU backend with. */
export const javascriptImplementations: readonly CpuImplementation[] = [
  {
    name: "reference",
    description: "factor by factor, sums in float64, in JavaScript",
    processor: "cpu",
    prepare: (problem) => Promise.resolve(prepare(problem)),
  },
  {
    name: "dense",
    description: "the dense matrix, in JavaScript",
    processor: "cpu",
    arithmetic: "product",
    prepare: ({ butterfly, ...problem }) =>
      Promise.resolve(
        prepare({ ...problem, butterfly: butterfly.merge(0, butterfly.factors.length) }),
      ),
  },
];

function prepare({ butterfly, shape, hostInput }: Problem): PreparedOnHost {
  let y: Float32Array = new Float32Array(0);
  return {
    bytes: butterfly.factors.reduce((sum, { values }) => sum + values.byteLength, 0),
    run: (repeats) => {
      for (let repeat = 0; repeat < repeats; repeat++) y = butterfly.apply(hostInput, shape);
      return Promise.resolve();
    },
    output: () => y,
    [Symbol.dispose]: () => undefined,
  };
}
