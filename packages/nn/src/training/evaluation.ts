import { CpuModel } from "../backends/cpu/cpu-model.ts";
import type { RunInputs } from "../graph/executable.ts";
import type { Graph } from "../graph/graph.ts";

/** How well a model does what it was not trained on. */
export interface Evaluation {
  /** The mean of the cross-entropy, in nats, or of the squared error. */
  readonly loss: number;
  /** Of a classifier: the share of labels that have the largest logit, from 0 to 1. */
  readonly accuracy?: number;
  /** Of a regression: R², the share of the targets' variance that it explains; 0 where all targets are the same. */
  readonly determination?: number;
}

/** Inputs of a run and the label of each vector of logits; vectors of label -1 do not count. */
export interface LabelledRun {
  readonly inputs: RunInputs;
  readonly labels: Int32Array;
}

/** Measures a model whose parameters change between measurements. */
export class Evaluator implements Disposable {
  readonly #model: CpuModel;
  readonly #runs: () => Iterable<LabelledRun>;

  /** @param graph with the output `logits` */
  constructor(graph: Graph, kernels: "reference" | "wasm", runs: () => Iterable<LabelledRun>) {
    this.#model = new CpuModel(graph, { kernels });
    this.#runs = runs;
  }

  /** By the numbers that the parameters have now. */
  async measure(): Promise<Evaluation> {
    await this.#model.renewParameters();
    let [loss, right, count] = [0, 0, 0];
    for (const { inputs, labels } of this.#runs()) {
      const { logits = new Float32Array() } = await this.#model.run(inputs);
      const classes = logits.length / labels.length;
      for (const [vector, label] of labels.entries()) {
        if (label < 0) continue;
        const row = logits.subarray(vector * classes, (vector + 1) * classes);
        loss += crossEntropyOf(row, label);
        if (row[label] === largest(row)) right++;
        count++;
      }
    }
    return { loss: loss / count, accuracy: right / count };
  }

  [Symbol.dispose](): void {
    this.#model.dispose();
  }
}

function crossEntropyOf(logits: Float32Array, label: number): number {
  const most = largest(logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - most);
  return Math.log(sum) + most - (logits[label] as number);
}

/** NaN where there is one. */
function largest(numbers: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}
