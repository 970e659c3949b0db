import { PapilioError } from "@papilio/butterfly";
import { type Kernel, sourceOf } from "./kernel.ts";

/**
 * Compiled kernels that no program uses and that are kept for the next one, at most: each shape has
 * kernels of its own, and lavapipe takes about 0.7 MB for one.
 */
export const KEPT_PIPELINES = 64;

/** A compiled kernel, or one that is being compiled. */
interface Entry {
  readonly pipeline: Promise<GPUComputePipeline>;
  users: number;
}

/** A compiled kernel in use. */
export interface PipelineLease {
  /** Rejects with `KERNEL_COMPILE`: the compiler's messages and the source lines they speak of. */
  readonly pipeline: Promise<GPUComputePipeline>;
  /** Says that it is no longer used. Safe to call twice. */
  release(): void;
}

/**
 * Compiled kernels of one device, by source; concurrent requests for one source share a compile. Those
 * in use are kept, and the {@link KEPT_PIPELINES} that were used last.
 */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #entries = new Map<string, Entry>();
  /** Sources of kernels that are not in use, in the order of their last use. */
  readonly #idle = new Set<string>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of kernels that are kept, those in use included. */
  get size(): number {
    return this.#entries.size;
  }

  /** Forgets every kernel. Recorded programs keep theirs; the driver frees the rest. */
  clear(): void {
    this.#entries.clear();
    this.#idle.clear();
  }

  /** The kernel's pipeline, compiled at its first use, and kept at least until it is released. */
  acquire(kernel: Kernel): PipelineLease {
    const source = sourceOf(kernel);
    const entry = this.#entries.get(source) ?? this.#compile(kernel, source);
    entry.users++;
    this.#idle.delete(source);
    let released = false;
    return {
      pipeline: entry.pipeline,
      release: () => {
        if (released) return;
        released = true;
        entry.users--;
        if (entry.users === 0) this.#keep(source, entry);
      },
    };
  }

  #compile(kernel: Kernel, source: string): Entry {
    const entry: Entry = { pipeline: compile(this.#device, kernel, source), users: 0 };
    this.#entries.set(source, entry);
    // A failure is not kept: the next request may follow a change of the device's state.
    entry.pipeline.catch(() => this.#forget(source, entry));
    return entry;
  }

  #keep(source: string, entry: Entry): void {
    // It may have been forgotten, and compiled again.
    if (this.#entries.get(source) !== entry) return;
    this.#idle.add(source);
    for (const oldest of this.#idle) {
      if (this.#idle.size <= KEPT_PIPELINES) return;
      this.#idle.delete(oldest);
      this.#entries.delete(oldest);
    }
  }

  #forget(source: string, entry: Entry): void {
    if (this.#entries.get(source) !== entry) return;
    this.#entries.delete(source);
    this.#idle.delete(source);
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
