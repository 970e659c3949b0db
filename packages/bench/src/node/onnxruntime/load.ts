import { requireFunction } from "@papilio/butterfly/errors";
import type { Implementation } from "../../implementations/implementation.ts";
import { type OnnxRuntime, onnxImplementation, type Provider } from "./implementations.ts";

/** The implementations by ONNX Runtime, or why there are none. */
export type OnnxRuntimeSearch =
  | { readonly implementations: readonly Implementation[]; readonly version: string }
  | { readonly reason: string };

/**
 * Loads ONNX Runtime for Node, where the package `onnxruntime-node` is installed: an optional peer.
 * A product is written as the graphs that its users would write, on the CPU and on its own WebGPU
 * device.
 */
export async function loadOnnxRuntime(
  // Its type is not named here: who has not installed the package type-checks without it.
  load: () => Promise<unknown> = () => import("onnxruntime-node"),
): Promise<OnnxRuntimeSearch> {
  requireFunction("What loads ONNX Runtime", load);
  try {
    const ort = (await load()) as OnnxRuntime;
    const bundled = new Set(ort.listSupportedBackends().map(({ name }) => name));
    const providers = (["cpu", "webgpu"] as const).filter((name: Provider) => bundled.has(name));
    return {
      version: ort.env.versions.node ?? "unknown",
      implementations: providers.flatMap((provider) =>
        (["bmm", "einsum", "multiply-sum", "dense"] as const).map((kind) =>
          onnxImplementation(ort, provider, kind),
        ),
      ),
    };
  } catch (error) {
    return {
      reason: `ONNX Runtime is not compared: onnxruntime-node is not installed or does not load (${(error as Error).message.split("\n")[0]}).`,
    };
  }
}
