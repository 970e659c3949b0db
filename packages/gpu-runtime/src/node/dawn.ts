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

/**
 * A Dawn instance. `name` narrows the adapters to those whose name contains it; `options` are more
 * of Dawn's own.
 *
 * @throws DAWN_MISSING without the `webgpu` package or a build of it for this platform.
 */
export async function createDawn(name?: string, options: readonly string[] = []): Promise<GPU> {
  let dawn: Dawn;
  try {
    dawn = await import("webgpu");
  } catch (cause) {
    throw new PapilioError(
      "DAWN_MISSING",
      `The webgpu package cannot be loaded on ${process.platform}-${process.arch}: ${(cause as Error).message}`,
      "Run npm install webgpu, or use the CPU multiplication of @papilio/butterfly.",
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
    "enable-dawn-features=vulkan_enable_f16_on_nvidia",
    ...(name === undefined ? [] : [`adapter=${name}`]),
    ...options,
  ];
  // An instance finds its drivers once; loading SwiftShader changes where later ones look.
  const key = [process.env.VK_DRIVER_FILES, ...all].join(" ");
  const instance = instances.get(key) ?? dawn.create(all);
  instances.set(key, instance);
  return instance;
}
