import { type CpuImplementation, findImplementation, type PreparedOnHost } from "@papilio/bench";

type Program = NonNullable<PreparedOnHost["program"]>;

/** Of the benchmark: a chain as a program, weights in float32. */
export const PROGRAM = "cpu-f32";

/** How often the operations are timed apart, after the rounds. */
const TIMES = 50;

/** {@link PROGRAM}, and the seconds of its products alone, without conversions. */
export function programProduct(): { implementation: CpuImplementation; seconds(): number } {
  const own = findImplementation(PROGRAM) as CpuImplementation;
  let seconds = Number.NaN;
  const implementation: CpuImplementation = {
    ...own,
    prepare: async (problem) => {
      const prepared = await own.prepare(problem);
      return {
        ...prepared,
        output: async () => {
          const y = await prepared.output();
          seconds = await timeProducts(prepared.program as Program);
          return y;
        },
      };
    },
  };
  return { implementation, seconds: () => seconds };
}

/** Of the fastest of many runs, for each operation. */
async function timeProducts(program: Program): Promise<number> {
  const best = program.operations.map(() => Number.POSITIVE_INFINITY);
  for (let time = 0; time < TIMES; time++) {
    (await program.timeOperations()).forEach((seconds, index) => {
      best[index] = Math.min(best[index] as number, seconds);
    });
  }
  return program.operations.reduce(
    (sum, { role }, index) => sum + (role === "compute" ? (best[index] as number) : 0),
    0,
  );
}
