import { type Butterfly, FLOAT_FORMATS, type KroneckerSparse } from "@papilio/butterfly";
import {
  assertFits,
  type Gpu,
  type InputShape,
  type Multiplication,
  type PrepareMultiplication,
  Program,
  type Step,
  Tensor,
} from "@papilio/gpu-runtime";
import type { Implementation, Prepared, Traffic } from "../implementation.ts";

/**
 * Wraps a multiplication of the GPU runtime, whose steps say what they are for: applied to each
 * factor in turn, or, with `arithmetic: "product"`, to the product of all factors.
 */
export function fromMultiplication(
  name: string,
  description: string,
  prepareMultiplication: PrepareMultiplication,
  { arithmetic = "factors" }: Pick<Implementation, "arithmetic"> = {},
): Implementation {
  return {
    name,
    description,
    arithmetic,
    async prepare({ gpu, butterfly, shape, inputs, y }): Promise<Prepared> {
      using held = new DisposableStack();
      const { factors } = arithmetic === "product" ? multiplyOut(gpu, butterfly, shape) : butterfly;
      // The right-most factor is applied first.
      const multiplications = factors
        .toReversed()
        .map((factor) => held.use(prepareMultiplication(gpu, factor, shape)));
      const between = intermediates(gpu, factors.toReversed(), shape, held);
      const stepsFrom = (x: Tensor): Step[] => {
        const vectors = [x, ...between, y];
        return multiplications.flatMap((multiplication, index) => [
          ...multiplication.steps(vectors[index] as Tensor, vectors[index + 1] as Tensor),
        ]);
      };
      const programs = await Promise.all(inputs.map((x) => Program.record(gpu, stepsFrom(x))));
      const owned = held.move();
      return {
        ...inTurn(gpu, programs),
        bytes: bytesHeld(multiplications, between),
        [Symbol.dispose]: () => owned.dispose(),
      };
    },
  };
}

/** All factors as one, refused before it is built where the device cannot hold it. */
function multiplyOut(gpu: Gpu, butterfly: Butterfly, { dtype }: InputShape): Butterfly {
  const product = butterfly.chain.product();
  assertFits(gpu, product.nonZeros * FLOAT_FORMATS[dtype].bytes, `the product ${product}`);
  return butterfly.merge(0, butterfly.factors.length);
}

/** The vectors between factors, two of each length at most: one is read while one is written. */
function intermediates(
  gpu: Gpu,
  factors: readonly KroneckerSparse[],
  shape: InputShape,
  held: DisposableStack,
): Tensor[] {
  const made = new Map<string, Tensor>();
  return factors.slice(0, -1).map(({ pattern: { rows } }, index) => {
    const key = `${rows} ${index % 2}`;
    const tensor = made.get(key) ?? held.use(new Tensor(gpu, { ...shape, features: rows }));
    made.set(key, tensor);
    return tensor;
  });
}

function bytesHeld(multiplications: readonly Multiplication[], between: readonly Tensor[]): number {
  const weights = multiplications.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...new Set(between)].reduce((sum, { bytes }) => sum + bytes, weights);
}

/** Runs programs that do the same with other inputs, one after the other, over and over. */
function inTurn(
  gpu: Gpu,
  programs: readonly Program[],
): Pick<Prepared, "run" | "time" | "timeRoles" | "traffic"> {
  let next = 0;
  const take = (count: number): Program[] =>
    Array.from({ length: count }, () => programs[next++ % programs.length] as Program);
  const { steps } = programs[0] as Program;
  const rewrites = steps.some(({ role }) => role === "rewrite");
  return {
    traffic: trafficOf(steps),
    run: (repeats) => Program.complete(take(repeats)),
    ...(gpu.report.features.timestamps
      ? {
          time: async (repeats) => (await Program.time(take(repeats))) / repeats,
          ...(rewrites
            ? {
                timeRoles: async (repeats) => {
                  const seconds = await Program.timeSteps(take(repeats));
                  return sumByRole(steps, (_, index) => (seconds[index] as number) / repeats);
                },
              }
            : {}),
        }
      : {}),
  };
}

function trafficOf(steps: readonly Step[]): Traffic {
  return sumByRole(steps, ({ buffers }) => buffers.reduce((sum, { size }) => sum + size, 0));
}

function sumByRole(
  steps: readonly Step[],
  amount: (step: Step, index: number) => number,
): { multiply: number; rewrite: number } {
  const sums = { multiply: 0, rewrite: 0 };
  steps.forEach((step, index) => {
    sums[step.role] += amount(step, index);
  });
  return sums;
}
