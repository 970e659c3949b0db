import { readFileSync } from "node:fs";
import { GAT, GCN, GraphSAGE } from "@papilio/nn";
import { adjacencyOf, bagsOfWords } from "@papilio/nn/adjacency";
import { CpuModel } from "@papilio/nn/backends";
import { nodeClassifier } from "@papilio/nn/models";
import { loadStateDict } from "@papilio/nn/node";
import { assignStateDict } from "@papilio/nn/weights";
import { describe, expect, it } from "vitest";
import { readArray } from "../models/array-file.ts";
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

  it("run and classify use the model on a graph, without labels", async () => {
    const trained = await papilio(...flagsOf("gcn", "used"), "--steps", "60");
    expect(trained.status, trained.stderr).toBe(0);
    const { labels: _labels, train: _train, val: _val, classes: _classes, ...bare } = graph;
    const plain = folder.write("bare.json", JSON.stringify(bare));
    const output = folder.at("logits.npy");
    const cpu = ["--graph", plain, "--backend", "cpu"];
    const model = folder.at("used");
    const run = await papilio("run", model, ...cpu, "--output", `logits=${output}`);
    expect(run.status, run.stderr).toBe(0);
    const found = await readArray(output);
    expect(found.shape).toEqual([NODES, 2]);
    const config = JSON.parse(readFileSync(folder.at("used", "config.json"), "utf8"));
    const reference = nodeClassifier(config, { state: await loadStateDict(model) });
    using computed = new CpuModel(reference.trace({ adjacency: adjacencyOf(bare) }));
    const features = bagsOfWords(bare.featureRows, bare.features);
    const { logits = new Float32Array() } = await computed.run({ features });
    expect(found.values.length).toBe(logits.length);
    for (const [at, logit] of logits.entries()) expect(found.values[at]).toBeCloseTo(logit, 4);
    const classified = await papilio("classify", model, ...cpu, "--top-k", "1", "--json");
    expect(classified.status, classified.stderr).toBe(0);
    const { nodes } = JSON.parse(classified.stdout);
    expect(nodes.length).toBe(NODES);
    for (const { node, classes } of nodes) {
      const difference = Number(logits[2 * node + 1]) - Number(logits[2 * node]);
      expect(classes).toHaveLength(1);
      expect(classes[0].class).toBe(difference > 0 ? 1 : 0);
      const likely = 1 / (1 + Math.exp(-Math.abs(difference)));
      expect(classes[0].probability).toBeCloseTo(likely, 4);
    }
  });

  it("refuses a graph where there is none to take, and none where one is needed", async () => {
    const trained = await papilio(...flagsOf("gcn", "refusing"), "--steps", "2");
    expect(trained.status, trained.stderr).toBe(0);
    const model = folder.at("refusing");
    const wide = folder.write("wide.json", JSON.stringify({ ...graph, features: 6 }));
    const vit = folder.write("vit/config.json", JSON.stringify({ model_type: "vit" }));
    for (const [code, ...flags] of [
      ["FLAG_INVALID", "run", model],
      ["FLAG_INVALID", "run", model, "--input", `features=${file}`, "--graph", file],
      ["FLAG_INVALID", "run", model, "--graph", file, "--nats", "nats://127.0.0.1:1"],
      ["FLAG_INVALID", "classify", model],
      ["FLAG_INVALID", "classify", model, "--graph", file, "--input", file],
      ["FLAG_INVALID", "classify", vit, "--graph", file],
      ["INPUT_SHAPE", "run", model, "--graph", wide],
      ["DATA_INVALID", "classify", model, "--graph", vit],
    ] as const) {
      const { status, line } = await refusal(...flags);
      expect([flags, status, line]).toEqual([flags, 2, expect.stringContaining(code)]);
    }
  });

  it("starts from a dense model, and learns from one, with sizes that are padded", async () => {
    // A prime number of features has no Monarch factors.
    const words = { ...graph, features: 37 };
    const data = folder.write("words.json", JSON.stringify(words));
    const wide = ["train", data, "--model", "gcn", "--layers", "2", "--features", "16"];
    const rest = ["--rate", "0.05", "--json"];
    const dense = await papilio(
      ...[...wide, ...rest, "--linear", "dense", "--steps", "60", "--out", folder.at("from-dense")],
    );
    expect(dense.status, dense.stderr).toBe(0);
    const from = ["--from", folder.at("from-dense"), "--teacher", folder.at("from-dense")];
    const out = ["--out", folder.at("from-butterfly")];
    const butterfly = await papilio(...wide, ...rest, "--steps", "40", ...from, ...out);
    expect(butterfly.status, butterfly.stderr).toBe(0);
    expect(butterfly.stderr).toMatch(/Factorized 1 layers of .*: relative errors of 0\.\d+/);
    expect(JSON.parse(butterfly.stdout).validation.accuracy).toBeGreaterThan(0.9);
    const names = [...(await loadStateDict(folder.at("from-butterfly"))).keys()];
    expect(names).toContain("conv1.lin.factors.0");
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
