import type { StateDict, StoredTensor } from "../weights/stored-tensor.ts";
import { quoteNames } from "../weights/weights-error.ts";
import type { AdapterTarget, Magnitude, WeightChange } from "./adapter.ts";
import { adapterError } from "./adapter-error.ts";
import { lohaChange, lokrChange, loraChange } from "./low-rank-changes.ts";
import type { ModelModule, ModelModules } from "./model-modules.ts";
import { lycorisRotation } from "./rotations.ts";
import { TensorParts } from "./tensor-parts.ts";

const PREFIX = "lycoris_";

/** What LyCORIS adds to norms: the distance from 1 to the next number of float32. */
const EPSILON = 2 ** -23;

/** @throws PapilioError `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`, `ADAPTER_MISMATCH` */
export function readLycoris(modules: ModelModules, state: StateDict): readonly AdapterTarget[] {
  const byName = new Map<string, ModelModule>();
  for (const module of modules.all.values()) {
    for (const name of [module.name, modules.shortName(module.name)]) {
      byName.set(PREFIX + name.replaceAll(".", "_"), module);
    }
  }
  const byModule = new Map<ModelModule, Map<string, StoredTensor>>();
  for (const [full, tensor] of state) {
    const dot = full.indexOf(".");
    const [name, part] = [full.slice(0, dot), full.slice(dot + 1)];
    const module = byName.get(name);
    if (module === undefined) {
      throw adapterError(
        "ADAPTER_MISMATCH",
        `The adapter has the tensor ${quoteNames([full])}, which is for none of the model's linear layers.`,
      );
    }
    const parts = byModule.get(module) ?? new Map<string, StoredTensor>();
    if (parts.has(part)) {
      throw adapterError(
        "ADAPTER_INVALID",
        `The adapter has ${quoteNames([part])} twice for the module ${quoteNames([module.name])}.`,
      );
    }
    byModule.set(module, parts.set(part, tensor));
  }
  return [...modules.all.values()].flatMap((module) => {
    const tensors = byModule.get(module);
    return tensors === undefined ? [] : targetOf(module, new TensorParts(module.name, tensors));
  });
}

function targetOf(module: ModelModule, parts: TensorParts): AdapterTarget {
  const change = changeOf(module, parts);
  parts.requireNoMore();
  return { ...module, change };
}

function changeOf(size: ModelModule, parts: TensorParts): WeightChange {
  const alpha = alphaOf(parts);
  if (parts.has("oft_blocks")) {
    const kind = parts.axesOf("oft_blocks") === 3 ? "oft" : "boft";
    return lycorisRotation(parts, kind, size, alpha ?? 0);
  }
  const magnitude = magnitudeOf(size, parts);
  // Without an alpha, or with 0, it is the rank; without a rank, nothing is divided.
  const scaleOf = (rank: number | undefined): number =>
    alpha === undefined || alpha === 0 || rank === undefined ? 1 : alpha / rank;
  const reading = { parts, size, scaleOf, magnitude };
  if (parts.has("lora_down.weight")) {
    return loraChange(reading, { a: "lora_down.weight", b: "lora_up.weight" });
  }
  if (parts.has("hada_w1_a")) return lohaChange(reading);
  if (parts.has("lokr_w1") || parts.has("lokr_w1_a")) return lokrChange(reading);
  parts.requireNoMore();
  throw adapterError(
    "ADAPTER_INVALID",
    `The adapter has nothing but an alpha for the module ${quoteNames([parts.module])}.`,
  );
}

function alphaOf(parts: TensorParts): number | undefined {
  const alpha = parts.takeIfAny("alpha", [])?.toReal("float64")[0];
  if (alpha === undefined || (Number.isFinite(alpha) && alpha >= 0)) return alpha;
  throw adapterError(
    "ADAPTER_INVALID",
    `The alpha for the module ${quoteNames([parts.module])} is ${alpha}, but it must be a number from 0 on.`,
  );
}

function magnitudeOf(
  { outFeatures, inFeatures }: ModelModule,
  parts: TensorParts,
): Magnitude | undefined {
  const byRows = parts.sizeOf("dora_scale", 0) === outFeatures;
  const shape = byRows ? [outFeatures, 1] : [1, inFeatures];
  const lengths = parts.takeIfAny("dora_scale", shape);
  return lengths && { lengths, of: byRows ? "rows" : "columns", epsilon: EPSILON };
}
