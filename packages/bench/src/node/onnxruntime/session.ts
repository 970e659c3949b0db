import { PapilioError } from "@papilio/butterfly";
import type * as Ort from "onnxruntime-node";
import type { Provider } from "./provider.ts";

/** What is used of the package `onnxruntime-node`. */
export type OnnxRuntime = Pick<
  typeof Ort,
  "env" | "InferenceSession" | "listSupportedBackends" | "Tensor"
>;

/** How a session computes. */
export interface SessionOptions {
  /** ONNX Runtime's own choice unless given. */
  readonly intraOpNumThreads?: number;
  readonly interOpNumThreads?: number;
  /** Whether the CPU may compute what another provider cannot: false unless given. */
  readonly allowsCpu?: boolean;
}

/**
 * A session on one of the providers, with all optimizations of the graph.
 *
 * @throws PapilioError `ONNX_RUNTIME_UNSUPPORTED` with what ONNX Runtime says
 */
export async function openSession(
  ort: OnnxRuntime,
  provider: Provider,
  model: Uint8Array,
  { allowsCpu = false, ...threads }: SessionOptions = {},
): Promise<Ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders: [provider],
      graphOptimizationLevel: "all",
      ...threads,
      // What the library says would go to stderr among the program's own lines. What fails is thrown too.
      logSeverityLevel: 4,
      extra: {
        session: {
          // Threads that wait in a loop for the next run would take time from what is timed next.
          force_spinning_stop: "1",
          // A node that the provider cannot do must not be done by another one, unseen.
          ...(provider === "webgpu" && !allowsCpu ? { disable_cpu_ep_fallback: "1" } : {}),
        },
      },
    });
  } catch (cause) {
    throw unsupported(cause);
  }
}

/** An error for what ONNX Runtime cannot do, with its own words. */
export function unsupported(cause: unknown): PapilioError {
  const [line = ""] = (cause as Error).message.split("\n");
  return new PapilioError(
    "ONNX_RUNTIME_UNSUPPORTED",
    `ONNX Runtime cannot do it: ${line.slice(0, 300)}`,
    "Use another implementation for this case.",
    { cause },
  );
}
