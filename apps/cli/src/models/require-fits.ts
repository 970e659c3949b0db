import { fewBitsOf } from "@papilio/butterfly/numeric";
import { type HuggingFaceModel, VisionTransformer } from "@papilio/nn";
import { requireBindable } from "@papilio/nn/backends";
import type { Graph } from "@papilio/nn/graph";
import { Decoder } from "@papilio/nn/models";
import {
  activationDtype,
  type ComputeFlags,
  chooseModelBackend,
  dtypeOf,
  type OnDemandAdapter,
} from "./compute.ts";

/**
 * Refuses a model of which the adapter that the flags ask for cannot bind some part, before its weights
 * are read, which may take minutes. Where the flags leave the CPU as a choice, it is made here for as
 * little as the model computes, and again when it is known how much that is.
 *
 * @param outline the model without its weights
 * @throws PapilioError `BUFFER_TOO_LARGE`, `F16_UNAVAILABLE`, and what `openGpu` throws
 */
export async function requireFits(
  flags: ComputeFlags,
  outline: HuggingFaceModel | undefined,
  adapter: OnDemandAdapter,
): Promise<void> {
  const dtype = dtypeOf(flags);
  if (outline === undefined) return;
  const graph = smallestGraph(outline);
  const { backend } = await chooseModelBackend(flags, dtype, graph);
  if (backend === "cpu") return;
  const gpu = await adapter.open();
  const stored = activationDtype(dtype);
  gpu.assertDtype(stored);
  const weightDtype = fewBitsOf(dtype);
  requireBindable(gpu, graph, { dtype: stored, weightDtype });
}

/** What the model computes for as little as it takes. */
export function smallestGraph(model: HuggingFaceModel): Graph {
  if (model instanceof Decoder) return model.traceStep({ tokens: 1, context: 1 });
  if (model instanceof VisionTransformer) return model.trace({ images: 1 });
  return model.trace({ sequences: 1, tokens: 1 });
}
