import { PapilioError } from "@papilio/butterfly";
import { requireObject, requireOneOf, requireOptions } from "@papilio/butterfly/errors";
import { requireDevice } from "../device/device-checks.ts";
import { type DescribeOptions, describeDevice, MATRIX_UNITS_FEATURE } from "../device/report.ts";
import { verifyDevice } from "../device/verify.ts";
import { type MemoryOptions, requireMemoryOptions } from "../memory/memory-options.ts";
import { Gpu } from "./gpu.ts";

/** Features that kernels use when the adapter has them. */
const WANTED: readonly GPUFeatureName[] = [
  "shader-f16",
  "subgroups",
  "timestamp-query",
  MATRIX_UNITS_FEATURE,
];

/** Limits raised to the adapter's, because the default of 128 MiB a binding is small. */
const RAISED = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
] as const;

export interface OpenGpuOptions {
  /** A device that the caller owns: used as it is, and never destroyed here. */
  readonly device?: GPUDevice;
  /** Where adapters are asked for; `navigator.gpu` by default. */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
  /** Bounds of the device memory that the runtime takes. */
  readonly memory?: MemoryOptions;
}

/**
 * Opens a WebGPU device: in a browser, in any runtime with `navigator.gpu`, or around a device that
 * the caller owns. In Node, use `openGpu` of `@papilio/gpu-runtime/node`, which finds a driver.
 *
 * The adapter's limits are asked for, and half precision, subgroups, timestamp queries and matrix
 * units where they exist. A checksum is computed first: an adapter that does not compute is refused.
 *
 * @throws PapilioError `GPU_UNAVAILABLE` without WebGPU or without an adapter, `GPU_SELF_TEST_FAILED` when the adapter
 * does not compute, `MEMORY_OPTION_INVALID`.
 * @example
 * ```ts
 * using gpu = await openGpu();
 * console.log(gpu.report.name);
 * ```
 */
export async function openGpu(options: OpenGpuOptions = {}): Promise<Gpu> {
  requireOptions("The options", options);
  requireMemoryOptions(options.memory);
  const { powerPreference = "high-performance" } = options;
  requireOneOf("powerPreference", powerPreference, ["high-performance", "low-power"]);
  if (options.device !== undefined) {
    requireDevice(options.device);
    await verifyDevice(options.device);
    return new Gpu(options.device, describeDevice(options.device), {
      ownsDevice: false,
      memory: options.memory,
    });
  }
  const { gpu = globalThis.navigator?.gpu } = options;
  if (gpu === undefined) {
    throw new PapilioError(
      "GPU_UNAVAILABLE",
      "This runtime has no WebGPU.",
      "In Node, import openGpu from @papilio/gpu-runtime/node; in a browser, use one with WebGPU on a secure page.",
    );
  }
  requireObject("The gpu", gpu, "such as navigator.gpu", "requestAdapter");
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (adapter === null) {
    throw new PapilioError(
      "GPU_UNAVAILABLE",
      "WebGPU found no adapter.",
      "Install or update the graphics driver, or enable hardware acceleration in the browser.",
    );
  }
  return openAdapter(adapter, { memory: options.memory });
}

/** Requests a verified device of one adapter. Used by the Node entry, which chooses adapters itself. */
export async function openAdapter(
  adapter: GPUAdapter,
  options: DescribeOptions & { readonly memory?: MemoryOptions | undefined } = {},
): Promise<Gpu> {
  const requiredLimits: Record<string, number> = {};
  for (const name of RAISED) requiredLimits[name] = adapter.limits[name];
  const device = await adapter.requestDevice({
    requiredFeatures: WANTED.filter((feature) => adapter.features.has(feature)),
    requiredLimits,
  });
  try {
    await verifyDevice(device);
  } catch (error) {
    device.destroy();
    throw error;
  }
  return new Gpu(device, describeDevice(device, { ...options, adapterInfo: adapter.info }), {
    ownsDevice: true,
    memory: options.memory,
  });
}
