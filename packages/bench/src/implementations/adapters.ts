import { DisposableStack, PapilioError, Pattern } from "@papilio/butterfly";
import { type Gpu, type Tensor, tensor } from "@papilio/gpu-runtime";
import {
  BufferSet,
  factorGradient,
  gatherFeaturesKernel,
  Program,
  prepareButterfly,
  prepareKroneckerSparse,
  type Step,
  scratchVectors,
  type Vectors,
} from "@papilio/gpu-runtime/kernels";
import { planName } from "@papilio/gpu-runtime/planning";
import { permutedIdentity, requireAdapter, weightOfOrder } from "./adapter-problem.ts";
import { bytesHeld, inTurn } from "./from-multiplication.ts";
import type { DeviceImplementation, DeviceProblem, Prepared } from "./implementation.ts";

/** Ways of multiplying by a weight that a butterfly adapter rotates, on the adapter. */
export const adapterImplementations: readonly DeviceImplementation[] = [
  {
    name: "kronecker-sparse",
    description: "the rotation's factors, then the weight: nothing is multiplied out",
    prepare: prepareLive,
  },
  {
    name: "dense",
    description: "the rotation as a dense matrix, the weight by it, then the vectors by that",
    arithmetic: "product",
    prepare: prepareDense,
  },
];

async function prepareLive(problem: DeviceProblem): Promise<Prepared> {
  const { weight, rotation } = requireAdapter("kronecker-sparse", problem);
  const { gpu, shape, inputs, y } = problem;
  using held = new DisposableStack();
  const maps = held.use(new BufferSet(gpu));
  const chain = held.use(prepareButterfly(gpu, rotation.matrix, shape));
  const dense = held.use(prepareKroneckerSparse(gpu, weight, shape));
  const features = rotation.cols;
  const [before, after] = [rotation.right, rotation.left].map(
    (map) => map && maps.uploadIndices(map.slice(), "permutation"),
  );
  const stepsFrom = (x: Vectors): Step[] => {
    const steps: Step[] = [];
    const gathered = (from: Vectors, map: typeof before): Vectors => {
      if (map === undefined) return from;
      const to = scratchVectors({ ...shape, features }, "beside a permutation");
      const { batch, layout, dtype } = shape;
      const sizes = { batch, rows: features, cols: features, from: layout, to: layout, dtype };
      const kernel = gatherFeaturesKernel(sizes);
      steps.push({ kernel, buffers: [from.memory, map, to.memory], role: "rewrite" });
      return to;
    };
    const rotated = scratchVectors({ ...shape, features }, "rotated vectors");
    steps.push(...chain.steps(gathered(x, before), rotated));
    steps.push(...dense.steps(gathered(rotated, after), y));
    return steps;
  };
  const programs = await Program.recordAll(gpu, inputs.map(stepsFrom));
  for (const program of programs) held.use(program);
  const owned = held.move();
  return {
    ...inTurn(gpu, programs),
    bytes: bytesHeld([chain, dense], programs) + maps.bytes,
    terms: [weight.pattern.c, ...chain.terms],
    plan: planName(chain.plan),
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/**
 * As PEFT has it, with our dense products: the rotation is multiplied out, which costs little by its factors, then the
 * weight by it, and then the vectors by the rotated weight, which no kernel has packed: a product of two operands in
 * device memory is what the gradient of a dense factor is.
 */
async function prepareDense(problem: DeviceProblem): Promise<Prepared> {
  const adapter = requireAdapter("dense", problem);
  const { gpu, shape, inputs, y } = problem;
  requireSingle(shape.dtype);
  const { cols: n } = adapter.rotation;
  const isFirst = shape.layout === "batch-first";
  // Columns of the matrices are the vectors: vectors and features are exchanged in what is summed over.
  const layout = isFirst ? "batch-last" : "batch-first";
  const square = { batch: n, layout, dtype: "f32" } as const;
  using held = new DisposableStack();
  const identity = held.use(identityOn(gpu, permutedIdentity(adapter), n, layout));
  const chain = held.use(prepareButterfly(gpu, adapter.rotation.matrix, square));
  const dense = held.use(prepareKroneckerSparse(gpu, weightOfOrder(adapter), square));
  const { batch } = shape;
  const pattern = isFirst ? new Pattern(1, batch, n, 1) : new Pattern(1, n, batch, 1);
  const product: Vectors = {
    batch: 1,
    features: n * batch,
    layout,
    dtype: "f32",
    memory: y.memory,
  };
  const stepsFrom = (x: Vectors): Step[] => {
    const [rotation, rotated] = ["the rotation", "the rotated weight"].map((what) =>
      scratchVectors({ ...square, features: n }, what),
    ) as [Vectors, Vectors];
    const vectors: Vectors = { ...square, features: batch, memory: x.memory };
    const operands = isFirst ? { x: rotated, dy: vectors } : { x: vectors, dy: rotated };
    return [
      ...chain.steps(identity, rotation),
      ...dense.steps(rotation, rotated),
      ...factorGradient(gpu, pattern, { ...operands, y: product }),
    ];
  };
  const programs = await Program.recordAll(gpu, inputs.map(stepsFrom));
  for (const program of programs) held.use(program);
  const owned = held.move();
  return {
    ...inTurn(gpu, programs),
    bytes: bytesHeld([chain, dense], programs) + identity.bytes,
    [Symbol.dispose]: () => owned.dispose(),
  };
}

function identityOn(gpu: Gpu, rows: Float32Array, n: number, layout: Tensor["layout"]): Tensor {
  // Row v is column v, which is batch-first.
  if (layout === "batch-first") return tensor(gpu, rows, { batch: n, features: n, layout });
  const columns = rows.map((_, at) => rows[(at % n) * n + Math.floor(at / n)] as number);
  return tensor(gpu, columns, { batch: n, features: n, layout });
}

/** @throws PapilioError `OPERATION_MISMATCH` */
function requireSingle(dtype: string): void {
  if (dtype === "f32") return;
  throw new PapilioError(
    "OPERATION_MISMATCH",
    "The product of two matrices in device memory is in single precision.",
    "Measure the dense way in f32.",
  );
}
