import { openGpu } from "@papilio/gpu-runtime/node";

/**
 * Runs something where Node has a `navigator.gpu` as a browser has one. It hands out one device, of the
 * adapter that PAPILIO_ADAPTER selects.
 */
export async function withNavigatorGpu<T>(run: () => Promise<T>): Promise<T> {
  using gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
  const { device } = gpu;
  const adapter = {
    features: device.features,
    limits: device.limits,
    info: device.adapterInfo,
    requestDevice: () => Promise.resolve(device),
  };
  Object.defineProperty(globalThis.navigator, "gpu", {
    value: { requestAdapter: () => Promise.resolve(adapter) },
    configurable: true,
  });
  try {
    return await run();
  } finally {
    Reflect.deleteProperty(globalThis.navigator, "gpu");
  }
}
