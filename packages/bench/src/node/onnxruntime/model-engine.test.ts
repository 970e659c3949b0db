import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { measureModel, papilioOnCpu } from "../../models/index.ts";
import { drawPast } from "../../models/past.ts";
import { drawInputs } from "../../models/reference.ts";
import { findModelSubject } from "../../models/subjects.ts";
import { gcnOnCora } from "../cora.ts";
import { loadOnnxRuntime } from "./load.ts";
import { onnxModelEngine } from "./model-engine.ts";

const onCpu = onnxModelEngine(ort, "cpu");
const options = { units: 6, verified: 4, rounds: 2, minSample: 1e-6, seed: 1 };

describe("whole models by ONNX Runtime and by Papilio on the CPU", () => {
  it.each([
    ["llama-260k", { units: 6, verified: 4 }, ["dense", "butterfly"]],
    ["llama-260k-decode", { units: 6, verified: 6 }, ["dense", "butterfly"]],
    ["gcn-cora", { units: 2708, verified: 2708 }, ["dense"]],
  ] as const)("%s is right, and timed in the same rounds", async (name, size, linears) => {
    const subject = findModelSubject(name, [gcnOnCora()]);
    const { complete, variants, skipped } = await measureModel([onCpu, papilioOnCpu()], subject, {
      ...options,
      ...size,
      linears,
    });
    expect({ complete, skipped }).toEqual({ complete: true, skipped: [] });
    expect(variants.map(({ engine, linear }) => [engine, linear])).toEqual(
      linears.flatMap((linear) => [
        ["onnxruntime", linear],
        ["papilio", linear],
      ]),
    );
    const [first] = variants;
    for (const variant of variants) {
      expect(variant.verification).toMatchObject({ ok: true, nonFinite: 0, units: size.verified });
      expect(variant.verification.relativeError).toBeGreaterThan(0);
      expect(variant).toMatchObject({ processor: "cpu", layout: null, transfers: true });
      // Both have the same threads.
      expect(variant.threads).toBe(first?.threads);
      expect(variant.wall.length).toBe(2);
      // ONNX Runtime is timed as a whole.
      expect(variant.profile === null).toBe(variant.engine === "onnxruntime");
    }
  });

  it("does not time what is wrong", async () => {
    const wrong = {
      ...onCpu,
      prepare: async (...args: Parameters<typeof onCpu.prepare>) => {
        const model = await onCpu.prepare(...args);
        const run = async () => {
          const { logits } = await model.run();
          return { logits: (logits as Float32Array).map((logit) => 1.01 * logit) };
        };
        return { ...model, run };
      },
    };
    const subject = findModelSubject("llama-260k");
    const { variants } = await measureModel([wrong, onCpu], subject, {
      ...options,
      linears: ["dense"],
    });
    expect(variants.map(({ verification, wall }) => [verification.ok, wall.length])).toEqual([
      [false, 0],
      [true, 2],
    ]);
  });

  it("says why an engine cannot compute a model, and goes on with the others", async () => {
    const broken: typeof ort.InferenceSession = Object.create(ort.InferenceSession, {
      create: { value: () => Promise.reject(new Error("no kernel for it\nand more")) },
    });
    const without = onnxModelEngine({ ...ort, InferenceSession: broken }, "adapter");
    const { variants, skipped } = await measureModel(
      [without, onCpu],
      findModelSubject("llama-260k"),
      { ...options, linears: ["dense"] },
    );
    expect(skipped).toEqual([
      {
        name: "onnxruntime adapter dense f32",
        reason: "ONNX Runtime cannot do it: no kernel for it",
      },
    ]);
    expect(variants.length).toBe(1);
  });

  it("tells where nodes run on the CPU that another provider cannot do", async () => {
    const asked: unknown[] = [];
    const picky: typeof ort.InferenceSession = Object.create(ort.InferenceSession, {
      create: {
        value: (model: Uint8Array, asking: ort.InferenceSession.SessionOptions) => {
          const { session } = asking.extra as { session: Record<string, string> };
          asked.push([asking.executionProviders, session.disable_cpu_ep_fallback]);
          if (session.disable_cpu_ep_fallback) return Promise.reject(new Error("lacks Gather"));
          return ort.InferenceSession.create(model, { ...asking, executionProviders: ["cpu"] });
        },
      },
    });
    const subject = findModelSubject("llama-260k-decode");
    const graph = subject.build("dense", 1).trace(4);
    const size = { units: 4, verified: 4, seed: 1 };
    const task = { graph, inputs: drawInputs(subject, graph, size), past: drawPast(graph, 3, 1) };
    const engine = onnxModelEngine({ ...ort, InferenceSession: picky }, "adapter");
    using model = await engine.prepare(task, { dtype: "f32", layout: null });
    expect(asked).toEqual([
      [["webgpu"], "1"],
      [["webgpu"], undefined],
    ]);
    expect(model.facts.note).toContain("on the CPU what its WebGPU provider cannot do");
  });

  it("has an engine for each provider of the build, and names those that it lacks", async () => {
    const search = await loadOnnxRuntime(() =>
      Promise.resolve({ ...ort, listSupportedBackends: () => [{ name: "cpu", bundled: true }] }),
    );
    if ("reason" in search) throw new Error(search.reason);
    expect(search.models.map(({ processor }) => processor)).toEqual(["cpu"]);
    expect(search.lacking).toEqual(["webgpu"]);
  });
});
