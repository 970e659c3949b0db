import { join, resolve } from "node:path";
import { call, type PublicCalls } from "@papilio/public-arguments";
import { adapterFixture } from "../adapter-fixtures.ts";
import * as nn from "../every-entry.ts";
import { smallLlama } from "./models.ts";

/** A change of rank 1 of the queries of {@link smallLlama}, as PEFT writes it. */
function files(): nn.AdapterFiles {
  const path = "base_model.model.model.layers.0.self_attn.q_proj";
  const tensor = (name: string, shape: readonly number[]): [string, nn.StoredTensor] => {
    const whole = { name: `${path}.${name}`, dtype: "F32", shape, values: new Float32Array(4) };
    return [whole.name, nn.StoredTensor.of({ ...whole, dtype: "F32" })];
  };
  const state = new Map([tensor("lora_A.weight", [1, 4]), tensor("lora_B.weight", [4, 1])]);
  const config = { peft_type: "LORA", r: 1, lora_alpha: 1, target_modules: ["q_proj"] };
  return { state, config, name: "small" };
}

/** Adapters of models. */
export const adapterCalls: PublicCalls = {
  readAdapter: () => call(nn.readAdapter, smallLlama(), files()),
  applyAdapters: () => {
    const model = smallLlama();
    const adapter = nn.readAdapter(model, files());
    return call(nn.applyAdapters, model, [{ adapter, scale: 0.5 }]);
  },
  withAdapterHead: () => call(nn.withAdapterHead, new Map(), files()),
  mergeAdapter: () => {
    const model = smallLlama();
    return call(nn.mergeAdapter, model, nn.readAdapter(model, files()), 0.5);
  },
};

const DATA = resolve(import.meta.dirname, "../../../testdata/adapters");

const loading = () => ({
  name: "poems",
  maxBytes: 2 ** 20,
  onProgress: () => undefined,
  signal: new AbortController().signal,
});

/** Adapters on the disk. */
export const nodeAdapterCalls = (node: typeof import("../../node/index.ts")): PublicCalls => ({
  loadAdapter: () => {
    const { model, name } = adapterFixture("llama-8/peft-lora");
    return call(node.loadAdapter, model(), join(DATA, name), loading());
  },
  loadAdapterFiles: () => call(node.loadAdapterFiles, join(DATA, "llama-8/peft-lora"), loading()),
});
