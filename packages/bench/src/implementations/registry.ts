import { PapilioError } from "@papilio/butterfly";
import { describeValue, didYouMean, requireOneOf, requireText } from "@papilio/butterfly/errors";
import {
  bmmFactorGradient,
  denseFactorGradient,
  einsumFactorGradient,
  factorGradient,
  type PrepareMultiplication,
  prepareBmm,
  prepareBsr,
  prepareCsr,
  prepareDense,
  prepareEinsum,
  prepareKroneckerSparse,
} from "@papilio/gpu-runtime/kernels";
import { requireShape } from "../arguments/checks.ts";
import { OPERATIONS, type Operation } from "../cases/case.ts";
import { adapterImplementations as adaptersOnDevice } from "./adapters.ts";
import { cpuAdapterImplementations as adaptersOnCpu } from "./adapters-on-cpu.ts";
import { chainImplementations } from "./chains.ts";
import { cpuWasm } from "./cpu-wasm.ts";
import { cpuFewBitsImplementations } from "./few-bits-on-cpu.ts";
import { deviceFewBitsImplementations } from "./few-bits-on-device.ts";
import { fromMultiplication } from "./from-multiplication.ts";
import { fromGradient } from "./gradients.ts";
import {
  type CpuImplementation,
  type DeviceImplementation,
  type Implementation,
  implementationsShape,
} from "./implementation.ts";

/** The implementation that the others are compared with. */
export const FUSED = "kronecker-sparse";

/** A multiplication of the GPU runtime that is compared. */
interface ComparedMultiplication {
  readonly name: string;
  readonly description: string;
  readonly prepare: PrepareMultiplication;
  /** `factors` unless given. */
  readonly arithmetic?: "product";
}

/** Those of arXiv 2405.15013. */
export const multiplications: readonly ComparedMultiplication[] = [
  {
    name: FUSED,
    description: "fused kernel, nothing rewritten",
    prepare: prepareKroneckerSparse,
  },
  { name: "bmm", description: "gather, batched matrix product, scatter", prepare: prepareBmm },
  { name: "bsr", description: "gather, block-sparse rows, scatter", prepare: prepareBsr },
  { name: "csr", description: "compressed sparse rows", prepare: prepareCsr },
  {
    name: "dense",
    description: "dense matrix product, zeros included",
    prepare: prepareDense,
    arithmetic: "product",
  },
  { name: "einsum", description: "direct contraction without tiling", prepare: prepareEinsum },
];

/** Every implementation that the benchmark knows, those of arXiv 2405.15013. */
export const implementations: readonly DeviceImplementation[] = multiplications.map(
  ({ name, description, prepare, arithmetic }) =>
    fromMultiplication(name, description, prepare, arithmetic && { arithmetic }),
);

/** Ways of computing the gradient of a factor, by the names of those that multiply alike. */
export const gradientImplementations: readonly DeviceImplementation[] = [
  fromGradient(FUSED, "fused kernel, nothing rewritten", factorGradient),
  fromGradient("bmm", "two gathers, batched matrix product, scatter", bmmFactorGradient),
  fromGradient("dense", "gradient of the dense matrix, then masked", denseFactorGradient),
  fromGradient("einsum", "direct contraction without tiling", einsumFactorGradient),
];

/** Ways of multiplying by a dense weight that a butterfly adapter rotates, on the adapter and on the CPU. */
export const adapterImplementations: readonly Implementation[] = [
  ...adaptersOnDevice,
  ...adaptersOnCpu,
];

/** Those that compute on the CPU, of our own. */
export const cpuImplementations: readonly CpuImplementation[] = [cpuWasm];

/** Products by operands that are rounded to few bits first, and those in float32 that they are compared with. */
export const fewBitsImplementations: readonly Implementation[] = [
  ...cpuFewBitsImplementations,
  ...deviceFewBitsImplementations,
];

/** Names of what ships in Papilio, the playground's multiplication in JavaScript among them. */
const OURS: ReadonlySet<string> = new Set([
  FUSED,
  ...[...chainImplementations, ...cpuImplementations, ...fewBitsImplementations].map(
    ({ name }) => name,
  ),
  "reference",
]);

/**
 * Whether an implementation is Papilio's own. The others are other people's: ONNX Runtime, what a user
 * adds, and the baselines, which compute as other libraries do. Verdicts compare ours with theirs, and
 * never ours with ours.
 */
export function isOurs(implementation: string): boolean {
  requireText("The name of an implementation", implementation);
  return OURS.has(implementation);
}

/** What an implementation is and whose, for a sentence: `Papilio's CPU backend`, `ONNX Runtime on the CPU`. */
export function ownerOf(implementation: string): string {
  requireText("The name of an implementation", implementation);
  if (implementation === FUSED) return "Papilio's fused kernel on the adapter";
  if (implementation === cpuWasm.name) return "Papilio's CPU backend";
  if (cpuFewBitsImplementations.some(({ name }) => name === implementation)) {
    return "Papilio's CPU backend";
  }
  if (deviceFewBitsImplementations.some(({ name }) => name === implementation)) {
    return "Papilio's bipolar product on the adapter";
  }
  if (isOurs(implementation)) return "Papilio's stages on the adapter";
  if (implementation.startsWith("ort-cpu-")) return "ONNX Runtime on the CPU";
  if (implementation.startsWith("ort-webgpu-")) return "ONNX Runtime on WebGPU";
  return implementations.some(({ name }) => name === implementation)
    ? "a baseline on the adapter"
    : adaptersOnCpu.some(({ name }) => name === implementation)
      ? "a baseline on the CPU"
      : "another implementation";
}

/**
 * @param others that were found beside those of this package
 * @param operation that it is to compute
 * @throws PapilioError `IMPLEMENTATION_UNKNOWN` with the names that there are
 */
export function findImplementation(
  name: string,
  others: readonly Implementation[] = [],
  operation: Operation = "multiply",
): Implementation {
  requireText("The name of an implementation", name);
  requireShape("The other implementations", others, implementationsShape);
  requireOneOf("The operation", operation, OPERATIONS);
  const all = {
    multiply: [
      ...[...implementations, ...chainImplementations, ...cpuImplementations],
      ...[...fewBitsImplementations, ...others],
    ],
    gradient: gradientImplementations,
    adapt: adapterImplementations,
  }[operation];
  const found = all.find((implementation) => implementation.name === name);
  if (found !== undefined) return found;
  const names = all.map((implementation) => implementation.name);
  throw new PapilioError(
    "IMPLEMENTATION_UNKNOWN",
    `There is no implementation ${describeValue(name)}.`,
    `${didYouMean(name, names)}Use any of ${names.join(", ")}.`,
  );
}
