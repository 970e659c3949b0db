import { PapilioError } from "@papilio/butterfly";
import { type Kernel, sourceOf } from "./kernel.ts";

/** Compiled kernels of one device, by source; concurrent requests for one source share a compile. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of distinct kernels compiled so far. */
  get size(): number {
    return this.#pipelines.size;
  }

  /** Forgets every kernel. Recorded programs keep theirs; the driver frees the rest. */
  clear(): void {
    this.#pipelines.clear();
  }

  /**
   * Returns the kernel's pipeline, compiling it at its first use.
   *
   * @throws KERNEL_COMPILE with the compiler's messages and the source lines they speak of.
   */
  get(kernel: Kernel): Promise<GPUComputePipeline> {
    const source = sourceOf(kernel);
    let pipeline = this.#pipelines.get(source);
    if (pipeline === undefined) {
      pipeline = compile(this.#device, kernel, source);
      this.#pipelines.set(source, pipeline);
      // A failure is not kept: the next request may follow a change of the device's state.
      pipeline.catch(() => this.#pipelines.delete(source));
    }
    return pipeline;
  }
}

async function compile(
  device: GPUDevice,
  kernel: Kernel,
  source: string,
): Promise<GPUComputePipeline> {
  // The scope keeps an invalid module's error from reaching `uncapturederror` as well.
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: source, label: kernel.label });
  const scope = device.popErrorScope();
  const layout = device.createBindGroupLayout({
    label: kernel.label,
    entries: kernel.bindings.map(({ access }, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: access === "read" ? "read-only-storage" : "storage" },
    })),
  });
  const pipeline = device.createComputePipelineAsync({
    label: kernel.label,
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: "main" },
  });
  // Awaited below; until then a rejection must not count as unhandled.
  pipeline.catch(() => undefined);
  const invalid = await scope;
  if (invalid !== null) {
    const { messages } = await module.getCompilationInfo();
    throw new PapilioError(
      "KERNEL_COMPILE",
      `Kernel ${kernel.label} does not compile:\n${annotate(source, messages) || invalid.message}`,
      "This is a defect of the kernel: please report it with the adapter's name and the lines above.",
    );
  }
  try {
    return await pipeline;
  } catch (cause) {
    throw new PapilioError(
      "KERNEL_COMPILE",
      `Kernel ${kernel.label} was refused by the driver: ${(cause as Error).message}`,
      "Choose another kernel variant, or update the driver.",
      { cause },
    );
  }
}

/** The compiler's messages, each under the source line that it speaks of. */
function annotate(source: string, messages: readonly GPUCompilationMessage[]): string {
  const lines = source.split("\n");
  return messages
    .filter((message) => message.type === "error")
    .map((message) => {
      const line = lines[message.lineNum - 1] ?? "";
      return `${message.lineNum} | ${line}\n${" ".repeat(`${message.lineNum} | `.length + Math.max(0, message.linePos - 1))}^ ${message.message}`;
    })
    .join("\n");
}
