import { PapilioError } from "@papilio/butterfly";
import { bipolarPlanesWords, type FewBits, packBipolar } from "@papilio/butterfly/numeric";
import { bipolarPlanes, bipolarProduct, inputBits } from "@papilio/cpu-runtime/kernels";
import {
  BIPOLAR_TERMS,
  BIPOLAR_WIDTHS,
  type BipolarWidths,
  bipolarWeights,
  MEASURED_FEW_BITS,
  requireFactor,
  roundToBipolar,
  roundToFewBitsOnCpu,
  sizesOf,
  widthsName,
} from "./few-bits.ts";
import type { CpuImplementation, PreparedOnHost, Problem } from "./implementation.ts";
import { multiplied, recordOnCpu, written } from "./record-on-cpu.ts";

/**
 * Products by operands of few bits on the CPU, each as one program; and in float32 as a program too, which they are
 * compared with.
 */
export const cpuFewBitsImplementations: readonly CpuImplementation[] = [
  {
    name: "cpu-f32",
    description: "WebAssembly on the CPU as a program, weights in float32",
    processor: "cpu",
    prepare: (problem) =>
      recordOnCpu("products", problem, (recording, x) =>
        multiplied(recording, problem.butterfly, x),
      ),
  },
  ...MEASURED_FEW_BITS.map((dtype): CpuImplementation => {
    const name = `cpu-${dtype}`;
    return {
      name,
      description: `WebAssembly on the CPU as a program, weights in ${dtype}`,
      processor: "cpu",
      rounded: (operands, shape) => roundToFewBitsOnCpu(dtype, operands, shape),
      prepare: (problem) => prepareStored(name, dtype, problem),
    };
  }),
  ...BIPOLAR_WIDTHS.map((widths): CpuImplementation => {
    const { weights, vectors } = widths;
    const name = `cpu-${widthsName(widths)}`;
    return {
      name,
      description: `WebAssembly on the CPU as a program, bipolar weights of ${weights} bits, vectors of ${vectors}`,
      processor: "cpu",
      rounded: (operands, shape) => roundToBipolar(widths, operands, shape),
      prepare: (problem) => prepareBipolar(name, widths, problem),
    };
  }),
];

async function prepareStored(
  name: string,
  dtype: FewBits,
  problem: Problem,
): Promise<PreparedOnHost> {
  const { butterfly, shape } = problem;
  const { pattern } = requireFactor(name, butterfly);
  const rounds = shape.batch === 1 && inputBits(dtype) !== undefined;
  if (rounds && (pattern.b === 2 || pattern.b % 2 === 1)) {
    throw new PapilioError(
      "OPERATION_MISMATCH",
      `Of a single vector, ${name} rounds only what groups of four and six outputs read, and blocks of ${pattern} have other groups.`,
      "Measure it on blocks of an even number of outputs, at least four, or on more vectors.",
    );
  }
  return await recordOnCpu("few bits", problem, (recording, x) =>
    multiplied(recording, butterfly, x, dtype),
  );
}

async function prepareBipolar(
  name: string,
  widths: BipolarWidths,
  problem: Problem,
): Promise<PreparedOnHost> {
  const { butterfly, shape } = problem;
  const factor = requireFactor(name, butterfly);
  const { pattern } = factor;
  const { batch } = shape;
  return await recordOnCpu("few bits", problem, (recording, x) => {
    const { recorder } = recording;
    const { weights: weightBits, vectors: vectorBits } = widths;
    const planes = recorder.value(batch, bipolarPlanesWords(sizesOf(pattern), vectorBits));
    recorder.add(bipolarPlanes({ vectors: batch, pattern, bits: vectorBits }), [x, planes]);
    const packed = written(recording, packBipolar(bipolarWeights(factor, weightBits)));
    const y = recorder.value(batch, pattern.rows);
    const call = bipolarProduct({ vectors: batch, pattern, weightBits, vectorBits });
    recorder.add(call, [planes, packed, y]);
    return Promise.resolve({ y, terms: BIPOLAR_TERMS });
  });
}
