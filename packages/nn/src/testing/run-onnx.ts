import * as ort from "onnxruntime-node";
import { exportOnnx } from "../backends/onnx/export-onnx.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";

/** A graph in ONNX Runtime, on the CPU. States are kept from run to run, as a graph's are. */
export class OnnxRun implements AsyncDisposable {
  readonly #graph: Graph;
  readonly #session: ort.InferenceSession;
  readonly #states = new Map<string, ort.Tensor>();

  private constructor(graph: Graph, session: ort.InferenceSession) {
    this.#graph = graph;
    this.#session = session;
    for (const { name, value } of graph.states.values()) {
      const zeros = new Float32Array(value.vectors * value.features);
      this.#states.set(name, new ort.Tensor("float32", zeros, [value.vectors, value.features]));
    }
  }

  static async of(graph: Graph): Promise<OnnxRun> {
    const session = await ort.InferenceSession.create(exportOnnx(graph), {
      executionProviders: ["cpu"],
      logSeverityLevel: 3,
    });
    return new OnnxRun(graph, session);
  }

  async run(inputs: RunInputs): Promise<Record<string, Float32Array>> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, value] of this.#graph.inputs) {
      const numbers = inputs[name] as Float32Array | Uint32Array;
      feeds[name] =
        "length" in value
          ? new ort.Tensor("int64", BigInt64Array.from(Array.from(numbers, BigInt)), [value.length])
          : new ort.Tensor("float32", numbers as Float32Array, [value.vectors, value.features]);
    }
    for (const [name, tensor] of this.#states) feeds[`past.${name}`] = tensor;
    const results = await this.#session.run(feeds);
    for (const name of this.#states.keys()) {
      this.#states.set(name, results[`present.${name}`] as ort.Tensor);
    }
    return Object.fromEntries(
      [...this.#graph.outputs.keys()].map((name) => [
        name,
        (results[name] as ort.Tensor).data as Float32Array,
      ]),
    );
  }

  /** What a state holds. */
  state(name: string): Float32Array {
    return this.#states.get(name)?.data as Float32Array;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}
