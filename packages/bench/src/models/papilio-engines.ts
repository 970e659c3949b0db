import { DisposableStack, type Layout } from "@papilio/butterfly";
import { availableThreads } from "@papilio/butterfly/threads";
import { WEIGHT_DTYPES, type WeightDtype } from "@papilio/cpu-runtime/kernels";
import type { Gpu } from "@papilio/gpu-runtime";
import {
  CpuModel,
  CpuStates,
  CpuWeightStore,
  DeviceModel,
  ModelMemory,
  type ModelTuning,
} from "@papilio/nn/backends";
import * as v from "valibot";
import { gpu as gpuShape, layout, requireShape } from "../arguments/checks.ts";
import type { ModelEngine, ModelForm, ModelTask, PreparedModel } from "./engine.ts";
import { fillingGraph } from "./past.ts";

const tuningShape = v.custom<object>(
  (value) => typeof value === "object" && value !== null,
  "it must be an object",
);
const formsShape = v.object({
  dtypes: v.array(v.picklist(WEIGHT_DTYPES)),
  layouts: v.array(layout),
  tune: v.optional(tuningShape),
});

/**
 * Papilio's programs in WebAssembly, on all threads, with weights of linear layers in each of the dtypes.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function papilioOnCpu(dtypes: readonly WeightDtype[] = ["f32"]): ModelEngine {
  requireShape("The dtypes", dtypes, v.array(v.picklist(WEIGHT_DTYPES)));
  return {
    engine: "papilio",
    processor: "cpu",
    threads: availableThreads(),
    forms: dtypes.map((each) => ({ dtype: each, layout: null })),
    prepare: prepareOnCpu,
  };
}

/**
 * Papilio's programs on a device, in each of the dtypes and layouts; activations are in `f32` beside weights of few
 * bits.
 *
 * @throws PapilioError `F16_UNAVAILABLE`
 */
export function papilioOnAdapter(
  gpu: Gpu,
  forms: {
    readonly dtypes: readonly WeightDtype[];
    readonly layouts: readonly Layout[];
    /** Measures the kernels of each model first, and says in its note which were taken. */
    readonly tune?: ModelTuning | undefined;
  },
): ModelEngine {
  requireShape("The device", gpu, gpuShape);
  requireShape("The dtypes and layouts", forms, formsShape);
  if (forms.dtypes.includes("f16")) gpu.assertDtype("f16");
  return {
    engine: "papilio",
    processor: "adapter",
    threads: null,
    forms: forms.dtypes.flatMap((each) =>
      forms.layouts.map((between) => ({ dtype: each, layout: between })),
    ),
    prepare: (task, form) => prepareOnAdapter(gpu, task, form, forms.tune),
  };
}

async function prepareOnCpu(
  { graph, inputs, past }: ModelTask,
  { dtype: stored }: ModelForm,
): Promise<PreparedModel> {
  const states = new CpuStates();
  if (Object.keys(past).length > 0) {
    using filling = new CpuModel(fillingGraph(graph, past), { kernels: "wasm", states });
    await filling.run(past);
  }
  const weights = new CpuWeightStore({ dtype: stored });
  const model = new CpuModel(graph, { kernels: "wasm", states, weights });
  // ONNX Runtime reads its inputs where they are too.
  const given: Record<string, Float32Array | Uint32Array> = { ...inputs };
  try {
    await model.prepare();
    for (const [name, numbers] of Object.entries(inputs)) {
      if (!(numbers instanceof Float32Array)) continue;
      const memory = await model.inputMemory(name);
      memory.set(numbers);
      given[name] = memory;
    }
  } catch (error) {
    model.dispose();
    throw error;
  }
  return {
    get facts() {
      return {
        dispatches: null,
        rewrites: null,
        bytes: model.bytes,
        peakBytes: null,
        note: null,
      };
    },
    run: () => model.run(given),
    profile: () => model.profile(),
    [Symbol.dispose]: () => {
      model.dispose();
      states.reset();
    },
  };
}

async function prepareOnAdapter(
  gpu: Gpu,
  { graph, inputs, past }: ModelTask,
  { dtype: stored, layout: between }: ModelForm,
  tune: ModelTuning | undefined,
): Promise<PreparedModel> {
  gpu.memory.resetPeak();
  const before = gpu.memory.statistics.inUse;
  using held = new DisposableStack();
  const memory = held.use(new ModelMemory(gpu, stored));
  const options = { memory, ...(between === null ? {} : { layout: between }) };
  if (Object.keys(past).length > 0) {
    using filling = await DeviceModel.compile(gpu, fillingGraph(graph, past), options);
    await filling.run(past);
  }
  const model = held.use(await DeviceModel.compile(gpu, graph, { ...options, tune }));
  const owned = held.move();
  const tuned = model.tuned.map(({ what, name }) => `${what}: ${name}`);
  const note = tuned.length === 0 ? null : `tuned ${tuned.join("; ")}`;
  // Operands of what was measured are no part of the model's.
  if (tuned.length > 0) gpu.memory.resetPeak();
  let peakBytes = 0;
  return {
    get facts() {
      const { dispatches, rewrites } = model.report;
      return { dispatches, rewrites, bytes: model.bytes, peakBytes, note };
    },
    run: async () => {
      const outputs = await model.run(inputs);
      peakBytes ||= gpu.memory.statistics.peak - before;
      return outputs;
    },
    profile: async () => (gpu.report.features.timestamps ? await model.profile() : null),
    [Symbol.dispose]: () => owned.dispose(),
  };
}
