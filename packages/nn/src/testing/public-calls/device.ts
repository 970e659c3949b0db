import type { Gpu } from "@papilio/gpu-runtime";
import { call, create, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as nn from "../every-entry.ts";
import { graphWithoutProducts, smallGraph, vectors } from "./graph.ts";
import { smallLlama } from "./models.ts";

/** What runs on a device; without one, what there is to call. */
export const deviceCalls = (gpu?: Gpu, model?: nn.DeviceModel): PublicCalls => {
  const device = gpu as Gpu;
  return {
    ModelMemory: () => create(nn.ModelMemory, device, "f32"),
    "ModelMemory#parameter": () =>
      invoke(new nn.ModelMemory(device), "parameter", new nn.Parameter([2, 3]), "f32"),
    "ModelMemory#state": () =>
      invoke(new nn.ModelMemory(device), "state", { name: "keys", value: vectors() }),
    requireBindable: () =>
      call(nn.requireBindable, device, smallGraph(), { dtype: "f32", layout: "batch-last" }),
    "DeviceModel.compile": () =>
      invoke(nn.DeviceModel, "compile", device, smallGraph(), {
        dtype: "f32",
        layout: "batch-last",
        memory: new nn.ModelMemory(device),
      }),
    tuneModel: () =>
      // Nothing to measure: that would take longer than a call may.
      call(nn.tuneModel, device, graphWithoutProducts(), {
        ...{ dtype: "f32", layout: "batch-last", timeLimitSeconds: 0 },
        memory: new nn.ModelMemory(device),
      }),
    "DeviceModel#run": () => invoke(model as nn.DeviceModel, "run", { x: new Float32Array(16) }),
    "BatchGenerator.onDevice": () =>
      invoke(nn.BatchGenerator, "onDevice", device, smallLlama(), {
        context: 4,
        chunk: 2,
        maxSequences: 2,
        cacheBudget: 1e6,
        dtype: "f32",
      }),
    "TextGenerator.onDevice": () =>
      invoke(nn.TextGenerator, "onDevice", device, smallLlama(), {
        context: 4,
        chunk: 2,
        dtype: "f32",
      }),
    "butterflyize for a device": () =>
      call(nn.butterflyize, new nn.Sequential([new nn.Linear({ inFeatures: 4, outFeatures: 4 })]), {
        maxError: 1,
        device: {
          gpu: device,
          batch: { batch: 8, layout: "batch-last", dtype: "f32" },
          measure: false,
        },
      }),
  };
};
