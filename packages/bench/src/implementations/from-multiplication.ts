import { type PrepareMultiplication, Program } from "@papilio/gpu-runtime";
import type { Implementation, Prepared } from "../implementation.ts";

/** Wraps a multiplication of the GPU runtime, whose steps say what they are for. */
export function fromMultiplication(
  name: string,
  description: string,
  prepareMultiplication: PrepareMultiplication,
): Implementation {
  return {
    name,
    description,
    async prepare({ gpu, factor, shape, x, y }): Promise<Prepared> {
      const multiplication = prepareMultiplication(gpu, factor, shape);
      try {
        const steps = multiplication.steps(x, y);
        const program = await Program.record(gpu, steps);
        const rewrites = steps.some(({ role }) => role === "rewrite");
        const timed: Pick<Prepared, "time" | "timeRoles"> = gpu.report.features.timestamps
          ? {
              time: (repeats) => program.time(repeats),
              ...(rewrites ? { timeRoles: (repeats) => timeRoles(program, repeats) } : {}),
            }
          : {};
        return {
          bytes: multiplication.bytes,
          run: async (repeats) => {
            for (let count = 0; count < repeats; count++) program.run();
            await gpu.settled();
          },
          ...timed,
          [Symbol.dispose]: () => multiplication.dispose(),
        };
      } catch (error) {
        multiplication.dispose();
        throw error;
      }
    },
  };
}

async function timeRoles(
  program: Program,
  repeats: number,
): Promise<{ multiply: number; rewrite: number }> {
  const seconds = await program.timeSteps(repeats);
  const sums = { multiply: 0, rewrite: 0 };
  program.steps.forEach(({ role }, index) => {
    sums[role] += seconds[index] as number;
  });
  return sums;
}
