import { PapilioError } from "@papilio/butterfly";
import { availableThreads } from "@papilio/butterfly/threads";
import type { RunOutputs } from "@papilio/nn";
import { exportOnnx } from "@papilio/nn/onnx";
import type * as Ort from "onnxruntime-node";
import type { ModelEngine, ModelTask, PreparedModel } from "../../models/engine.ts";
import type { Processor } from "../../results/model-results.ts";
import { type OnnxRuntime, openSession, unsupported } from "./session.ts";

/** Models by ONNX Runtime, each the exported ONNX file of the same graph. */
export function onnxModelEngine(ort: OnnxRuntime, processor: Processor): ModelEngine {
  return {
    engine: "onnxruntime",
    processor,
    threads: processor === "cpu" ? availableThreads() : null,
    forms: [{ dtype: "f32", layout: null }],
    prepare: (task) => prepare(ort, processor, task),
  };
}

/** Keys and values are its inputs and outputs by heads, as in the graphs that its users run. */
async function prepare(
  ort: OnnxRuntime,
  processor: Processor,
  { graph, inputs, past }: ModelTask,
): Promise<PreparedModel> {
  const { session, note } = await open(ort, processor, exportOnnx(graph, { states: "past" }));
  const feeds: Record<string, Ort.Tensor> = {};
  const fetches: Record<string, Ort.Tensor> = {};
  for (const { name, shape } of shapesOf(session.inputMetadata)) {
    const numbers = name.startsWith(PAST)
      ? byHeads(past[name.slice(PAST.length)] as Float32Array, shape)
      : (inputs[name] as Float32Array | Uint32Array);
    feeds[name] =
      numbers instanceof Uint32Array
        ? new ort.Tensor("int64", BigInt64Array.from(numbers, BigInt), shape)
        : new ort.Tensor("float32", numbers, shape);
  }
  for (const { name, shape } of shapesOf(session.outputMetadata)) {
    const length = shape.reduce((product, size) => product * size, 1);
    fetches[name] = new ort.Tensor("float32", new Float32Array(length), shape);
  }
  return {
    facts: { dispatches: null, rewrites: null, bytes: null, peakBytes: null, note },
    run: async (): Promise<RunOutputs> => {
      try {
        await session.run(feeds, fetches);
      } catch (cause) {
        throw unsupported(cause);
      }
      const outputs = [...graph.outputs.keys()];
      return Object.fromEntries(
        outputs.map((name) => [name, (fetches[name] as Ort.Tensor).data as Float32Array]),
      );
    },
    profile: () => Promise.resolve(null),
    // A session is released in the background: nothing waits for it.
    [Symbol.dispose]: () => void session.release(),
  };
}

/** On an adapter, all nodes where its provider has all of them; else with those that it lacks on the CPU. */
async function open(
  ort: OnnxRuntime,
  processor: Processor,
  model: Uint8Array,
): Promise<{ session: Ort.InferenceSession; note: string | null }> {
  const threads = { intraOpNumThreads: availableThreads(), interOpNumThreads: 1 };
  if (processor === "cpu") {
    return { session: await openSession(ort, "cpu", model, threads), note: null };
  }
  try {
    return { session: await openSession(ort, "webgpu", model, threads), note: null };
  } catch {
    const options = { ...threads, allowsCpu: true };
    return {
      session: await openSession(ort, "webgpu", model, options),
      note: "ONNX Runtime computes on the CPU what its WebGPU provider cannot do.",
    };
  }
}

const PAST = "past.";

function shapesOf(
  metadata: readonly Ort.InferenceSession.ValueMetadata[],
): { name: string; shape: number[] }[] {
  return metadata.map((value) => {
    if (value.isTensor) return { name: value.name, shape: value.shape.map(Number) };
    throw new PapilioError(
      "ONNX_RUNTIME_UNSUPPORTED",
      `ONNX Runtime takes ${value.name} for something else than a tensor.`,
      "Use a version of onnxruntime-node that this program was tested with.",
    );
  });
}

/** Vectors, each of the heads' features one after the other, as `[heads, vectors, features of a head]`. */
function byHeads(rows: Float32Array, shape: readonly number[]): Float32Array {
  const [heads = 1, vectors = 1, each = 1] = shape;
  const result = new Float32Array(rows.length);
  for (let vector = 0; vector < vectors; vector++) {
    for (let head = 0; head < heads; head++) {
      const from = (vector * heads + head) * each;
      result.set(rows.subarray(from, from + each), (head * vectors + vector) * each);
    }
  }
  return result;
}
