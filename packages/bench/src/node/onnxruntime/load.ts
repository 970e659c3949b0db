import { requireFunction } from "@papilio/butterfly/errors";
import type { Implementation } from "../../implementations/implementation.ts";
import type { ModelEngine } from "../../models/engine.ts";
import { onnxImplementation } from "./implementations.ts";
import { onnxModelEngine } from "./model-engine.ts";
// In a file of its own: its declarations are public, and name no type of a package that may not be there.
import type { Provider } from "./provider.ts";
import type { OnnxRuntime } from "./session.ts";

/** What ONNX Runtime compares with, or why it does not. */
export type OnnxRuntimeSearch =
  | {
      readonly version: string;
      /** Of a product. */
      readonly implementations: readonly Implementation[];
      /** Of whole models. */
      readonly models: readonly ModelEngine[];
      /** Providers that its build for this platform lacks. */
      readonly lacking: readonly Provider[];
    }
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
    const known: readonly Provider[] = ["cpu", "webgpu"];
    const providers = known.filter((name) => bundled.has(name));
    return {
      version: ort.env.versions.node ?? "unknown",
      implementations: providers.flatMap((provider) =>
        (["bmm", "einsum", "multiply-sum", "dense"] as const).map((kind) =>
          onnxImplementation(ort, provider, kind),
        ),
      ),
      models: providers.map((provider) =>
        onnxModelEngine(ort, provider === "cpu" ? "cpu" : "adapter"),
      ),
      lacking: known.filter((name) => !bundled.has(name)),
    };
  } catch (error) {
    return {
      reason: `ONNX Runtime is not compared: onnxruntime-node is not installed or does not load (${(error as Error).message.split("\n")[0]}).`,
    };
  }
}
