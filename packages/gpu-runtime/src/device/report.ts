/** How a device was chosen and what it can do: plain data, printed by tools and kept in results files. */
export interface AdapterReport {
  /** Name as the driver gives it, for example `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** Driver and version, as far as the platform tells. */
  readonly driver: string;
  /** `software` adapters compute on the CPU: right answers, but not a GPU's speed. */
  readonly kind: "hardware" | "software";
  /** True for the SwiftShader that ships with the Node entry. */
  readonly embedded: boolean;
  readonly features: AdapterFeatures;
  readonly limits: AdapterLimits;
  /** Adapters that were preferred to this one, and why each could not be used. */
  readonly passedOver: readonly PassedOver[];
}

/** Optional WebGPU features that the kernels use. */
export interface AdapterFeatures {
  /** Storage in half precision (`shader-f16`). */
  readonly f16: boolean;
  /** Subgroup sizes, or null without the `subgroups` feature. */
  readonly subgroups: { readonly min: number; readonly max: number } | null;
  readonly timestamps: boolean;
}

/** Device limits that decide what fits, in bytes unless said otherwise. */
export interface AdapterLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  /** Count of invocations. */
  readonly maxComputeInvocationsPerWorkgroup: number;
  /** Count of workgroups along one axis of a dispatch. */
  readonly maxComputeWorkgroupsPerDimension: number;
}

/** An adapter that was not taken. */
export interface PassedOver {
  readonly name: string;
  readonly reason: string;
}

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|warp|basic render|software/i;

/** What whoever chose the adapter knows of it. */
export interface DescribeOptions {
  /** Name in the driver's own spelling, which WebGPU normalizes. */
  readonly name?: string;
  readonly embedded?: boolean;
  readonly passedOver?: readonly PassedOver[];
}

/** Reads a device's own description and limits into a report. */
export function describeDevice(device: GPUDevice, options: DescribeOptions = {}): AdapterReport {
  const info = device.adapterInfo;
  const name =
    options.name || info.device || info.description || info.architecture || "unnamed adapter";
  const text = [name, info.description, info.vendor, info.architecture].join(" ");
  const limits = device.limits;
  return {
    name,
    vendor: info.vendor,
    architecture: info.architecture,
    driver: info.description,
    kind: info.isFallbackAdapter || SOFTWARE.test(text) ? "software" : "hardware",
    embedded: options.embedded ?? false,
    features: {
      f16: device.features.has("shader-f16"),
      subgroups: device.features.has("subgroups")
        ? // Browsers that predate the sizes in the adapter's info allow any that WGSL does.
          { min: info.subgroupMinSize ?? 4, max: info.subgroupMaxSize ?? 128 }
        : null,
      timestamps: device.features.has("timestamp-query"),
    },
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
    },
    passedOver: options.passedOver ?? [],
  };
}
