import { PapilioError } from "@papilio/butterfly";

/** The optional `webgpu` package: Dawn for Node. */
interface Dawn {
  create(options: string[]): GPU;
  readonly globals: object;
}

// Dawn crashes the process when the object that create() returned is collected while one of its
// devices lives (seen with webgpu 0.6.2), so instances are kept as long as the process. Each takes
// megabytes of its drivers, so there is one for each set of options.
const instances = new Map<string, GPU>();

/** Which adapters a Dawn instance sees, and how it is set up. */
interface DawnOptions {
  /** Narrows the adapters to those whose name contains it. */
  readonly name?: string;
  /** The manifest of the only Vulkan driver to load; without it, those that are installed. */
  readonly driver?: string;
  /** Further options of Dawn's own. */
  readonly options?: readonly string[];
}

/** The variables by which the Vulkan loader is given drivers, in its newer and older releases. */
const DRIVER_VARIABLES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/**
 * Calls `run` while the Vulkan loader sees one driver alone: what is installed is seen again after it.
 * Dawn asks the loader within the calls that create an instance and request an adapter.
 */
export function withVulkanDriver<T>(manifest: string, run: () => T): T {
  const before = DRIVER_VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of DRIVER_VARIABLES) process.env[name] = manifest;
  try {
    return run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/**
 * A Dawn instance.
 *
 * @throws PapilioError `DAWN_MISSING` without the `webgpu` package or a build of it for this platform.
 */
export async function createDawn({ name, driver, options = [] }: DawnOptions = {}): Promise<GPU> {
  let dawn: Dawn;
  try {
    dawn = await import("webgpu");
  } catch (cause) {
    throw new PapilioError(
      "DAWN_MISSING",
      `The webgpu package cannot be loaded on ${process.platform}-${process.arch}: ${(cause as Error).message}`,
      "Run npm install webgpu, or multiply on the CPU with @papilio/cpu-runtime.",
      { cause },
    );
  }
  // Constants such as GPUBufferUsage are globals in a browser; Node gets them from Dawn.
  for (const [key, value] of Object.entries(Object.getOwnPropertyDescriptors(dawn.globals))) {
    if (!(key in globalThis)) Object.defineProperty(globalThis, key, value);
  }
  const all = [
    // Otherwise times come in steps of 65 microseconds.
    "disable-dawn-features=timestamp_quantization",
    // NVIDIA's driver computes f16 correctly; Dawn hides it for lack of conformance of corner cases.
    // Matrix units are an experiment, which Dawn lists only to those who ask for such.
    "enable-dawn-features=vulkan_enable_f16_on_nvidia,allow_unsafe_apis",
    ...(name === undefined ? [] : [`adapter=${name}`]),
    ...options,
  ];
  // An instance finds its drivers once.
  const key = [driver, ...all].join(" ");
  const create = (): GPU => dawn.create(all);
  const instance =
    instances.get(key) ?? (driver === undefined ? create() : withVulkanDriver(driver, create));
  instances.set(key, instance);
  return instance;
}
