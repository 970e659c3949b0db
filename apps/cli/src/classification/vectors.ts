import { PapilioError } from "@papilio/butterfly";
import { requireLogits } from "@papilio/nn";
import type { Value } from "@papilio/nn/graph";
import { wholeNumber } from "../flags/options.ts";
import { compileFor, OnDemandAdapter, openCompute } from "../models/compute.ts";
import type { ModelConfig } from "../models/model-folder.ts";
import type { BoundModel } from "../models/model-inputs.ts";
import { bindGraph } from "../models/node-model.ts";
import { bindTable } from "../models/table-model.ts";
import type { Interruption } from "../process/interruption.ts";
import type { ClassifyFlags } from "./flags.ts";
import { labelsOf, likely, tableOf } from "./results.ts";

/** All nodes of a graph at once. */
export async function classifyNodes(
  path: string,
  config: ModelConfig,
  flags: ClassifyFlags,
  interruption: Interruption,
): Promise<void> {
  const { graph: file = "", input, adapterWeights } = flags;
  const wrong =
    input !== undefined ? "--input" : adapterWeights !== undefined && "--adapter-weights";
  if (wrong !== undefined && wrong !== false) {
    throw new PapilioError(
      "FLAG_INVALID",
      `--graph is given with ${wrong}.`,
      `Leave out ${wrong}: a classifier of nodes computes all nodes of one graph.`,
    );
  }
  const topK = wholeNumber("--top-k", flags.topK, 1, 1e6);
  using adapter = new OnDemandAdapter(flags.adapter);
  const { graph, inputs } = await bindGraph(path, config, file, interruption.signal);
  const labels = (classes: number): ReadonlyMap<number, string> => labelsOf(config, classes, false);
  await showAll(
    "node",
    { path, file, graph, inputs, labels, topK, adapter, first: 0 },
    flags,
    interruption,
  );
}

/** All rows of a table at once. */
export async function classifyRows(
  path: string,
  config: ModelConfig,
  flags: ClassifyFlags,
  interruption: Interruption,
): Promise<void> {
  const { input: [file = "", ...others] = [], adapterWeights } = flags;
  if (others.length > 0 || adapterWeights !== undefined) {
    throw new PapilioError(
      "FLAG_INVALID",
      others.length > 0
        ? "Several tables are given."
        : "--adapter-weights is given with a model of tables.",
      "Give one --input FILE, without --adapter-weights.",
    );
  }
  const topK = wholeNumber("--top-k", flags.topK, 1, 1e6);
  using adapter = new OnDemandAdapter(flags.adapter);
  const { graph, inputs, encoding } = await bindTable(path, config, file, interruption.signal);
  const { target } = encoding;
  if (!("categories" in target)) {
    throw new PapilioError(
      "MODEL_KIND",
      `The model in ${path} predicts a number, ${target.name}, and no classes.`,
      "Use papilio run with --output prediction=FILE.csv.",
    );
  }
  const labels = (): ReadonlyMap<number, string> => new Map(target.categories.entries());
  await showAll(
    "row",
    { path, file, graph, inputs, labels, topK, adapter, first: 1 },
    flags,
    interruption,
  );
}

/** Computes a graph and shows the classes of each vector of its logits. */
async function showAll(
  what: "node" | "row",
  model: BoundModel & {
    readonly path: string;
    readonly file: string;
    readonly labels: (classes: number) => ReadonlyMap<number, string>;
    readonly topK: number;
    readonly adapter: OnDemandAdapter;
    /** The number of the first. */
    readonly first: number;
  },
  flags: ClassifyFlags,
  interruption: Interruption,
): Promise<void> {
  const { path, file, graph, inputs, labels, topK, adapter, first } = model;
  const compute = await openCompute(flags, graph, adapter, interruption.signal);
  using executable = await compileFor(compute, graph);
  const { logits = new Float32Array() } = await executable.run(inputs);
  requireLogits(logits, file);
  const { vectors, features: classes } = graph.outputs.get("logits") as Value;
  const names = labels(classes);
  const results = Array.from({ length: vectors }, (_, at) => ({
    ...{ file, [what]: at + first },
    classes: likely(logits.subarray(at * classes, (at + 1) * classes), topK, names),
  }));
  const { gpu, dtype } = compute;
  const found = { model: path, adapter: gpu?.report ?? null, dtype, [`${what}s`]: results };
  await interruption.finish({
    show: () => ({
      stdout: flags.json ? JSON.stringify(found, null, 2) : tableOf(results, what),
    }),
  });
}
