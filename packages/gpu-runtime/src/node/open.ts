import { PapilioError } from "@papilio/butterfly";
import { didYouMean, requireOptions, requireText } from "@papilio/butterfly/errors";
import type { PassedOver } from "../device/report.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type OpenGpuOptions, openAdapter, openGpu as openPortable } from "../gpu/open.ts";
import { type MemoryOptions, requireMemoryOptions } from "../memory/memory-options.ts";
import { listInstalled, matchesName } from "./adapters.ts";
import { createDawn, withVulkanDriver } from "./dawn.ts";
import { loadSwiftShader } from "./swiftshader.ts";

/** What an adapter may be asked for by, beside a part of its name. */
const ADAPTERS = ["auto", "hardware", "software", "swiftshader", "lavapipe"];

export interface OpenNodeGpuOptions extends Pick<OpenGpuOptions, "device" | "memory"> {
  /**
   * `auto` (default): hardware, else an installed software driver such as lavapipe, else the
   * embedded SwiftShader. `hardware` and `software` take nothing else; `swiftshader` is the
   * embedded one; any other text is looked for in the names of the installed adapters.
   */
  readonly adapter?: string;
}

/**
 * Opens a WebGPU device in Node, on the best driver found.
 *
 * The report says which adapter was taken and why the others were not. The process exits cleanly
 * whether or not the device is disposed of.
 *
 * @throws PapilioError `ADAPTER_NOT_FOUND` when no adapter fits; the message lists what was tried and why not.
 * @throws PapilioError `GPU_SELF_TEST_FAILED`, `DAWN_MISSING`, `SWIFTSHADER_UNAVAILABLE`, `MEMORY_OPTION_INVALID`
 * @example
 * ```ts
 * import { openGpu } from "@papilio/gpu-runtime/node";
 *
 * using gpu = await openGpu();
 * console.log(gpu.report.name, gpu.report.kind);
 * ```
 */
export async function openGpu(options: OpenNodeGpuOptions = {}): Promise<Gpu> {
  // First: what an adapter throws later would say that there is no adapter.
  requireOptions("The options", options);
  requireMemoryOptions(options.memory);
  const { adapter: wanted = "auto" } = options;
  requireText("The adapter", wanted);
  if (options.device !== undefined) {
    await createDawn(); // for the constants that kernels use
    return openPortable(options);
  }
  const passedOver: PassedOver[] = [];
  if (wanted !== "swiftshader") {
    const gpu = await openInstalled(wanted, passedOver, options.memory);
    if (gpu !== undefined) return gpu;
  }
  if (wanted === "auto" || wanted === "software" || wanted === "swiftshader") {
    const gpu = await openEmbedded(passedOver, options.memory);
    if (gpu !== undefined) return gpu;
  }
  const tried = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  throw new PapilioError(
    "ADAPTER_NOT_FOUND",
    `No adapter fits "${wanted}" (${tried || "none is installed"}).`,
    `${didYouMean(wanted, [...ADAPTERS, ...passedOver.map(({ name }) => name)])}Run \`papilio doctor\` to see the adapters and what to install, or ask for adapter auto.`,
  );
}

/** An adapter of the system's drivers that fits, or undefined with the reasons noted. */
async function openInstalled(
  wanted: string,
  passedOver: PassedOver[],
  memory: MemoryOptions | undefined,
): Promise<Gpu | undefined> {
  const installed = await listInstalled();
  if (installed.length === 0) passedOver.push({ name: "installed drivers", reason: "none found" });
  for (const { name, kind } of installed) {
    const fits = wanted === "auto" || wanted === kind || matchesName(name, wanted);
    if (!fits) {
      const named = wanted !== "hardware" && wanted !== "software";
      passedOver.push({ name, reason: named ? "another name" : `a ${kind} adapter` });
      continue;
    }
    try {
      const adapter = await (await createDawn({ name })).requestAdapter();
      if (adapter === null) throw new Error("Dawn gives no adapter for it");
      return await openAdapter(adapter, { name, passedOver, memory });
    } catch (error) {
      passedOver.push({ name, reason: (error as Error).message });
    }
  }
  return undefined;
}

async function openEmbedded(
  passedOver: PassedOver[],
  memory: MemoryOptions | undefined,
): Promise<Gpu | undefined> {
  const name = "embedded SwiftShader";
  try {
    const driver = await loadSwiftShader();
    const dawn = await createDawn({ driver });
    const adapter = await withVulkanDriver(driver, () => dawn.requestAdapter());
    if (adapter === null) throw new Error("Dawn finds no adapter in it");
    return await openAdapter(adapter, { name: "SwiftShader", embedded: true, passedOver, memory });
  } catch (error) {
    passedOver.push({ name, reason: (error as Error).message });
    return undefined;
  }
}
