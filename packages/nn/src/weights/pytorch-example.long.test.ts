import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { CpuModel } from "../backends/index.ts";
import { Graph } from "../graph/index.ts";
import { ButterflyLinear, Linear, ReLU, Sequential } from "../layers/index.ts";
import { loadStateDict } from "../node/index.ts";
import { assignStateDict } from "./assign-state-dict.ts";

const example = join(import.meta.dirname, "../../../../examples/pytorch");
const data = join(import.meta.dirname, "../../testdata/digits/digits.csv.gz");
const TESTED = 100;

/** A Python that has PyTorch: the one of the path, or the system's. */
const python = ["python3", "/usr/bin/python3"].find(
  (command) => spawnSync(command, ["-c", "import torch"]).status === 0,
);

function run(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python as string, args, {
    cwd: example,
    encoding: "utf8",
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

describe.skipIf(python === undefined)("the example in PyTorch", () => {
  const folder = mkdtempSync(join(tmpdir(), "papilio-pytorch-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("trains a model that nn loads as it is, with the same answers", async () => {
    const [weights, predictions] = [
      join(folder, "digits.safetensors"),
      join(folder, "logits.safetensors"),
    ];
    const args = [data, weights, "--epochs", "40", "--predictions", predictions];
    const [share] = /^[\d.]+/.exec(run("train_digits.py", ...args)) ?? [];
    expect(Number(share)).toBeGreaterThan(75);

    const model = new Sequential([
      new ButterflyLinear({ weight: "1,16,8,8; 8,8,8,1" }),
      new ReLU(),
      new ButterflyLinear({ weight: "1,8,8,16; 8,8,8,2; 64,2,2,1", outFeatures: 100 }),
      new ReLU(),
      new Linear({ inFeatures: 100, outFeatures: 10 }),
    ]);
    assignStateDict(model.namedParameters(), await loadStateDict(weights));
    const lines = gunzipSync(readFileSync(data)).toString().trim().split("\n").slice(-TESTED);
    const pixels = Float32Array.from(
      lines.flatMap((line) => line.split(",").slice(0, -1).map(Number)),
      (pixel) => pixel / 16,
    );
    const graph = new Graph();
    const input = graph.input("pixels", { vectors: TESTED, features: 64 });
    graph.output("logits", model.forward(input));
    using digits = new CpuModel(graph, { kernels: "wasm" });
    const logits = (await digits.run({ pixels })).logits as Float32Array;
    const theirs = (await loadStateDict(predictions)).get("logits")?.toReal("float32");
    expect(theirs?.length).toBe(TESTED * 10);
    logits.forEach((logit, index) => {
      const other = theirs?.[index] as number;
      expect(Math.abs(logit - other)).toBeLessThan(1e-4 * Math.max(1, Math.abs(other)));
    });
  });

  it("multiplies by the definition of a factor, and has its gradient", () => {
    const program = `
import torch
from kronecker_sparse import multiply
torch.manual_seed(0)
a, b, c, d = 2, 3, 4, 5
values = torch.randn(a, b, c, d, dtype=torch.float64, requires_grad=True)
x = torch.randn(3, a * c * d, dtype=torch.float64, requires_grad=True)
dense = torch.zeros(a * b * d, a * c * d, dtype=torch.float64)
for i in range(a):
    for j in range(b):
        for k in range(c):
            for l in range(d):
                dense[(i * b + j) * d + l, (i * c + k) * d + l] = values[i, j, k, l].item()
print(float((multiply(values, x) - x @ dense.T).abs().max()), torch.autograd.gradcheck(multiply, (values, x)))
`;
    const [error, gradient] = run("-c", program).trim().split(" ");
    expect(Number(error)).toBeLessThan(1e-14);
    expect(gradient).toBe("True");
  });
});
