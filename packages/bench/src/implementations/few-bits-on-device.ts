import { prepareBipolar, prepareKroneckerSparse } from "@papilio/gpu-runtime/kernels";
import {
  BIPOLAR_TERMS,
  BIPOLAR_WIDTHS,
  MEASURED_FEW_BITS,
  requireFactor,
  roundToBipolar,
  roundToFewBits,
  widthsName,
} from "./few-bits.ts";
import { fromMultiplication } from "./from-multiplication.ts";
import type { DeviceImplementation } from "./implementation.ts";

/** Products by operands of few bits on the adapter. */
export const deviceFewBitsImplementations: readonly DeviceImplementation[] = [
  ...MEASURED_FEW_BITS.map((weightDtype): DeviceImplementation => {
    const description = `the fused kernel, weights in ${weightDtype}`;
    const multiplied = fromMultiplication(weightDtype, description, (gpu, factor, shape) =>
      prepareKroneckerSparse(gpu, factor, shape, { weightDtype }),
    );
    return {
      ...multiplied,
      rounded: (operands) => roundToFewBits(weightDtype, operands),
      prepare: async (problem) => {
        const { c } = requireFactor(weightDtype, problem.butterfly).pattern;
        // The sum of a group is scaled, and added to those of others.
        return { ...(await multiplied.prepare(problem)), terms: [c + 2] };
      },
    };
  }),
  ...BIPOLAR_WIDTHS.map((widths): DeviceImplementation => {
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
  }),
];
