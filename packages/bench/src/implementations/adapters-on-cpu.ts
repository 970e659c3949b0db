import { Butterfly } from "@papilio/butterfly";
import { chainPasses, gatherFeatures, type ProgramValue, pack } from "@papilio/cpu-runtime/kernels";
import { permutedIdentity, requireAdapter, weightOfOrder } from "./adapter-problem.ts";
import type { CpuImplementation, PreparedOnHost, Problem } from "./implementation.ts";
import { allocated, multiplied, productsOf, recordOnCpu, written } from "./record-on-cpu.ts";

/** Ways of multiplying by a weight that a butterfly adapter rotates, on the CPU, each as one program. */
export const cpuAdapterImplementations: readonly CpuImplementation[] = [
  {
    name: "cpu-wasm",
    description: "on the CPU: the rotation's factors, then the weight; nothing is multiplied out",
    processor: "cpu",
    prepare: prepareLive,
  },
  {
    name: "cpu-dense",
    description:
      "on the CPU: the rotation as a dense matrix, the weight by it, the vectors by that",
    processor: "cpu",
    arithmetic: "product",
    prepare: prepareDense,
  },
];

async function prepareLive(problem: Problem): Promise<PreparedOnHost> {
  const { weight, rotation } = requireAdapter("cpu-wasm", problem);
  return await recordOnCpu("adapters", problem, async (recording, x) => {
    const { cols } = rotation;
    const gathered = (from: ProgramValue, map: Uint32Array | undefined): ProgramValue => {
      if (map === undefined) return from;
      const { vectors } = from;
      const to = recording.recorder.value(vectors, cols);
      const span = written(recording, map);
      const call = gatherFeatures({ vectors, from: cols, to: cols });
      recording.recorder.add(call, [from, span, to], "rewrite");
      return to;
    };
    const rotated = await multiplied(recording, rotation.matrix, gathered(x, rotation.right));
    const dense = new Butterfly([weight]);
    const last = await multiplied(recording, dense, gathered(rotated.y, rotation.left));
    return { y: last.y, terms: [...last.terms, ...rotated.terms] };
  });
}

/**
 * The rotation is multiplied out, which costs little by its factors, then the weight by it; the rotated weight is
 * packed for the product with the vectors.
 */
async function prepareDense(problem: Problem): Promise<PreparedOnHost> {
  const adapter = requireAdapter("cpu-dense", problem);
  return await recordOnCpu("adapters", problem, async (recording, x) => {
    const { recorder } = recording;
    const n = adapter.rotation.cols;
    const rows = permutedIdentity(adapter);
    const identity = recorder.kept(n, n, "rows", written(recording, rows));
    const rotation = await multiplied(recording, adapter.rotation.matrix, identity);
    const weight = new Butterfly([weightOfOrder(adapter)]);
    const rotated = await multiplied(recording, weight, rotation.y);
    const [pass] = chainPasses(weight.chain) as [ReturnType<typeof chainPasses>[number]];
    const span = allocated(recording, pass.weights.bytes);
    const packing = pack({ weights: pass.weights, stage: 0, transposed: true });
    const [, packed] = packing.operands;
    // The columns of the rotated weight are vectors, whose numbers it reads in rows.
    const values = {
      name: "values",
      access: "read",
      layout: "rows",
      vectors: n,
      features: n,
    } as const;
    const operands = [values, packed as (typeof packing.operands)[number]];
    recorder.add({ ...packing, operands }, [rotated.y, span], "rewrite");
    return { y: productsOf(recording, pass.weights, span, x), terms: undefined };
  });
}
