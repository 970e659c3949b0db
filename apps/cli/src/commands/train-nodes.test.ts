import { readFileSync } from "node:fs";
import { GAT, GCN, GraphSAGE } from "@papilio/nn";
import { adjacencyOf, bagsOfWords } from "@papilio/nn/adjacency";
import { CpuModel } from "@papilio/nn/backends";
import { loadStateDict } from "@papilio/nn/node";
import { assignStateDict } from "@papilio/nn/weights";
import { describe, expect, it } from "vitest";
import { papilio, refusal } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

/** Two rings of twelve nodes, whose nodes have words of their own and one in common. */
const NODES = 24;
const TRAINED = [1, 2, 3, 4, 13, 14, 15, 16];
const ring = (node: number): number => Math.floor(node / 12);
const graph = {
  nodes: NODES,
  features: 5,
  classes: 2,
  edges: Array.from({ length: NODES }, (_, node) => [
    node,
    12 * ring(node) + ((node + 1 - 12 * ring(node)) % 12),
  ]).flat(),
  featureRows: Array.from({ length: NODES }, (_, node) =>
    node % 3 === 0 ? [4] : [2 * ring(node) + (node % 2), 4],
  ),
  labels: Array.from({ length: NODES }, (_, node) => ring(node)),
  train: TRAINED,
  val: Array.from({ length: NODES }, (_, node) => node).filter((node) => !TRAINED.includes(node)),
};
const file = folder.write("rings.json", JSON.stringify(graph));
const small = ["--layers", "2", "--features", "8", "--heads", "2", "--rate", "0.05"];
const flagsOf = (kind: string, out: string): string[] => [
  ...["train", file, "--model", kind, ...small, "--out", folder.at(out)],
];

describe("papilio train on the nodes of a graph", () => {
  const models = { gcn: GCN, graphsage: GraphSAGE, gat: GAT };
  it.each(Object.entries(models))("%s, whose weights a model reads", async (kind, Model) => {
    const run = ["--steps", "100", "--dropout", "0.1", "--optimizer", "adam", "--json"];
    const { status, stdout, stderr } = await papilio(...flagsOf(kind, kind), ...run);
    expect(status, stderr).toBe(0);
    const { validation } = JSON.parse(stdout);
    expect(validation.accuracy).toBeGreaterThan(0.9);
    const config = JSON.parse(readFileSync(folder.at(kind, "config.json"), "utf8"));
    expect(config).toMatchObject({ model_type: kind, inFeatures: 5, hidden: 8, classes: 2 });
    const model = new Model(config);
    const weights = await loadStateDict(folder.at(kind));
    const own = new Map([...weights].filter(([name]) => !name.startsWith("training.")));
    assignStateDict(model.namedParameters(), own);
    using cpu = new CpuModel(model.trace({ adjacency: adjacencyOf(graph) }));
    const features = bagsOfWords(graph.featureRows, graph.features);
    const { logits = new Float32Array() } = await cpu.run({ features });
    const right = graph.val.filter(
      (node) => Number(logits[2 * node + 1]) > Number(logits[2 * node]) === (ring(node) === 1),
    );
    expect(right.length / graph.val.length).toBeCloseTo(validation.accuracy, 10);
  });

  it("goes on bit by bit with dropout, and not with other nodes for validation", async () => {
    const run = ["--dropout", "0.5", "--steps", "9", "--keep-every", "4"];
    for (const out of ["once", "twice"]) {
      const { status, stderr } = await papilio(...flagsOf("gcn", out), ...run);
      expect(status, stderr).toBe(0);
    }
    const bytes = (out: string): Buffer => readFileSync(folder.at(out, "model.safetensors"));
    expect(bytes("once").equals(bytes("twice"))).toBe(true);
    const other = folder.write("other.json", JSON.stringify({ ...graph, val: [0] }));
    const flags = flagsOf("gcn", "once").map((flag) => (flag === file ? other : flag));
    const { line } = await refusal(...flags, ...run, "--resume");
    expect(line).toContain("TRAINING_OTHER_RUN");
  });

  it("leaves out what the optimizer needs when weights alone are asked for", async () => {
    const run = ["--steps", "5"];
    for (const [out, ...more] of [["whole"], ["weights", "--weights-only"]] as const) {
      const { status, stderr } = await papilio(...flagsOf("gcn", out), ...run, ...more);
      expect(status, stderr).toBe(0);
    }
    const [whole, weights] = await Promise.all(
      ["whole", "weights"].map((out) => loadStateDict(folder.at(out))),
    );
    const names = [...(whole?.keys() ?? [])].filter((name) => !name.startsWith("training."));
    expect([...(weights?.keys() ?? [])]).toEqual(names);
    expect(whole?.size).toBe(3 * names.length);
    for (const name of names) {
      expect(weights?.get(name)?.toReal("float32")).toEqual(whole?.get(name)?.toReal("float32"));
    }
    const { line } = await refusal(...flagsOf("gcn", "weights"), ...run, "--resume");
    expect(line).toContain("CHECKPOINT_INVALID");
  });

  const wrong: readonly [name: string, change: object | string][] = [
    ["no JSON", "text"],
    ["a label of no class", { labels: graph.labels.with(3, 2) }],
    ["an edge to no node", { edges: [0, NODES] }],
    ["half an edge", { edges: [0] }],
    ["a word that there is not", { featureRows: graph.featureRows.with(0, [5]) }],
    ["rows of other nodes", { featureRows: [] }],
    ["nobody to train on", { train: [] }],
    ["validation of what is trained on", { val: [1] }],
    ["a size that is not valid", { nodes: 1e9 }],
  ];
  it.each(wrong)("refuses %s", async (_, change) => {
    const contents = typeof change === "string" ? change : JSON.stringify({ ...graph, ...change });
    const data = folder.write("wrong.json", contents);
    const out = ["--out", folder.at("refused")];
    const { status, line } = await refusal("train", data, "--model", "gcn", ...small, ...out);
    expect(status).toBe(2);
    expect(line).toContain("DATA_INVALID");
  });
});
