import { DisposableStack, PapilioError } from "@papilio/butterfly";
import { type factorGradient, Program } from "@papilio/gpu-runtime/kernels";
import { bytesHeld, inTurn } from "./from-multiplication.ts";
import type { DeviceImplementation } from "./implementation.ts";

/** Wraps a way of computing the gradient of a factor of the GPU runtime, whose steps say what they are for. */
export function fromGradient(
  name: string,
  description: string,
  gradient: typeof factorGradient,
): DeviceImplementation {
  return {
    name,
    description,
    async prepare({ gpu, butterfly, inputs, y, dy }) {
      const [pattern] = butterfly.chain.patterns;
      if (dy === undefined || pattern === undefined) throw notOfGradient(name);
      using held = new DisposableStack();
      const programs = await Program.recordAll(
        gpu,
        inputs.map((x) => gradient(gpu, pattern, { x, dy, y })),
      );
      for (const program of programs) held.use(program);
      const owned = held.move();
      return {
        ...inTurn(gpu, programs),
        bytes: bytesHeld([], programs),
        [Symbol.dispose]: () => owned.dispose(),
      };
    },
  };
}

function notOfGradient(name: string): PapilioError {
  return new PapilioError(
    "OPERATION_MISMATCH",
    `${name} of a gradient was given a multiplication.`,
    "Measure it on cases whose operation is gradient.",
  );
}
