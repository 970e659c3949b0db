import { type Butterfly, DisposableStack } from "@papilio/butterfly";
import { requireFunction, requireText } from "@papilio/butterfly/errors";
import { FLOAT_FORMATS } from "@papilio/butterfly/numeric";
import type { Gpu, InputShape } from "@papilio/gpu-runtime";
import {
  assertFits,
  type Multiplication,
  type PlacedStep,
  type PrepareMultiplication,
  Program,
  type Step,
  scratchVectors,
  type Vectors,
} from "@papilio/gpu-runtime/kernels";
import * as v from "valibot";
import { options as optionsOf, requireShape } from "../arguments/checks.ts";
import type { DeviceImplementation, Prepared } from "./implementation.ts";
import { multiplyOut, wholePattern } from "./whole-product.ts";

const optionsShape = optionsOf({ arithmetic: v.picklist(["factors", "product"]) });

/**
 * Wraps a multiplication of the GPU runtime, whose steps say what they are for: applied to each
 * factor in turn, or, with `arithmetic: "product"`, to the product of all factors.
 */
export function fromMultiplication(
  name: string,
  description: string,
  prepareMultiplication: PrepareMultiplication,
  options: Pick<DeviceImplementation, "arithmetic"> = {},
): DeviceImplementation {
  requireText("The name of an implementation", name);
  requireText("The description of an implementation", description);
  requireFunction("What prepares a multiplication", prepareMultiplication);
  requireShape("The options of fromMultiplication", options, optionsShape);
  const { arithmetic = "factors" } = options;
  return {
    name,
    description,
    arithmetic,
    async prepare({ gpu, butterfly, shape, inputs, y }): Promise<Prepared> {
      using held = new DisposableStack();
      const { factors } =
        arithmetic === "product" ? wholeProduct(gpu, butterfly, shape) : butterfly;
      // The right-most factor is applied first.
      const multiplications = factors
        .toReversed()
        .map((factor) => held.use(prepareMultiplication(gpu, factor, shape)));
      const stepsFrom = (x: Vectors): Step[] => {
        const between = factors
          .slice(1)
          .toReversed()
          .map(({ pattern }) =>
            scratchVectors({ ...shape, features: pattern.rows }, "between factors"),
          );
        const vectors = [x, ...between, y];
        return multiplications.flatMap((multiplication, index) => [
          ...multiplication.steps(vectors[index] as Vectors, vectors[index + 1] as Vectors),
        ]);
      };
      const programs = await Program.recordAll(gpu, inputs.map(stepsFrom));
      for (const program of programs) held.use(program);
      const owned = held.move();
      return {
        ...inTurn(gpu, programs),
        bytes: bytesHeld(multiplications, programs),
        [Symbol.dispose]: () => owned.dispose(),
      };
    },
  };
}

/** All factors as one, refused before it is built where the device cannot hold it. */
function wholeProduct(gpu: Gpu, butterfly: Butterfly, { dtype }: InputShape): Butterfly {
  const product = wholePattern(butterfly.chain);
  assertFits(gpu, product.nonZeros * FLOAT_FORMATS[dtype].bytes, `the product ${product}`);
  return multiplyOut(butterfly);
}

/** Memory of multiplications, and of programs that share one arena. */
export function bytesHeld(
  multiplications: readonly Multiplication[],
  programs: readonly Program[],
): number {
  const arena = programs[0]?.report.arena.bytes ?? 0;
  return multiplications.reduce((sum, { bytes }) => sum + bytes, arena);
}

/** Runs programs that do the same with other inputs, one after the other, over and over. */
export function inTurn(
  gpu: Gpu,
  programs: readonly Program[],
): Pick<Prepared, "run" | "time" | "timeRoles" | "traffic"> {
  let next = 0;
  const take = (count: number): Program[] =>
    Array.from({ length: count }, () => programs[next++ % programs.length] as Program);
  const { steps, report } = programs[0] as Program;
  return {
    traffic: report.traffic,
    run: (repeats) => Program.complete(take(repeats)),
    ...(gpu.report.features.timestamps
      ? {
          time: async (repeats) => (await Program.time(take(repeats))) / repeats,
          ...(report.rewrites > 0
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

function sumByRole(
  steps: readonly PlacedStep[],
  amount: (step: PlacedStep, index: number) => number,
): { multiply: number; rewrite: number } {
  const sums = { multiply: 0, rewrite: 0 };
  steps.forEach((step, index) => {
    sums[step.role] += amount(step, index);
  });
  return sums;
}
