import { prepareBipolar } from "@papilio/gpu-runtime/kernels";
import {
  BIPOLAR_TERMS,
  BIPOLAR_WIDTHS,
  requireFactor,
  roundToBipolar,
  widthsName,
} from "./few-bits.ts";
import { fromMultiplication } from "./from-multiplication.ts";
import type { DeviceImplementation } from "./implementation.ts";

/** Products by operands of few bits on the adapter. */
export const deviceFewBitsImplementations: readonly DeviceImplementation[] = BIPOLAR_WIDTHS.map(
  (widths): DeviceImplementation => {
    const { weights: weightBits, vectors: vectorBits } = widths;
    const name = widthsName(widths);
    const description = `bipolar weights of ${weightBits} bits, vectors of ${vectorBits}, by counting bits`;
    const multiplied = fromMultiplication(name, description, (gpu, factor, shape) =>
      prepareBipolar(gpu, factor, shape, { weightBits, vectorBits }),
    );
    return {
      ...multiplied,
      rounded: (operands, shape) => roundToBipolar(widths, operands, shape),
      prepare: async (problem) => {
        requireFactor(name, problem.butterfly);
        return { ...(await multiplied.prepare(problem)), terms: BIPOLAR_TERMS };
      },
    };
  },
);
