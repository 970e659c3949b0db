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
  /**
   * The adapter's matrix units (`chromium-experimental-subgroup-matrix`): absent where it lists none. They
   * are an experiment of browsers and drivers, and nothing needs them.
   */
  readonly matrixUnits?: MatrixUnits;
}

/** Products of small matrices that an adapter computes at once, by all invocations of a subgroup. */
export interface MatrixUnits {
  /** Whether the device was opened with them: kernels use no others. */
  readonly taken: boolean;
  readonly products: readonly MatrixUnitProduct[];
}

/** A product that matrix units compute: `rows x depth` by `depth x columns` elements. */
export interface MatrixUnitProduct {
  /** Type of the elements of both operands, such as `f16` or `i8`. */
  readonly from: string;
  /** Type of the sums, such as `f32` or `i32`. */
  readonly to: string;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
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
  /** The adapter's own description; Dawn leaves matrix units out of the device's. */
  readonly adapterInfo?: GPUAdapterInfo;
}

/** The name of the feature, which WebGPU's types do not have yet. */
export const MATRIX_UNITS_FEATURE = "chromium-experimental-subgroup-matrix" as GPUFeatureName;

/** What an adapter tells of its matrix units; WebGPU's types do not have it yet. */
interface MatrixUnitsInfo {
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

function matrixUnitsOf(
  { features }: Pick<GPUDevice, "features">,
  info: GPUAdapterInfo,
): Pick<AdapterFeatures, "matrixUnits"> {
  const { subgroupMatrixConfigs } = info as GPUAdapterInfo & MatrixUnitsInfo;
  // Its members are getters: read one by one.
  const listed = [...(subgroupMatrixConfigs ?? [])].map((config) => ({
    from: config.componentType,
    to: config.resultComponentType,
    rows: config.M,
    columns: config.N,
    depth: config.K,
  }));
  const products = listed.filter((product) =>
    [product.rows, product.columns, product.depth].every(
      (size) => Number.isInteger(size) && size > 0,
    ),
  );
  if (products.length === 0) return {};
  return { matrixUnits: { taken: features.has(MATRIX_UNITS_FEATURE), products } };
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
      ...matrixUnitsOf(device, options.adapterInfo ?? info),
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
