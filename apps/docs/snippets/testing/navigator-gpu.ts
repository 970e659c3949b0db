/**
 * Gives Node a `navigator.gpu` as a browser has one, so that the browser's snippet runs here: import
 * it before the snippet. It hands out one device, of the adapter that PAPILIO_ADAPTER selects.
 */
import { openGpu } from "@papilio/gpu-runtime/node";

const { device } = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
const adapter = {
  features: device.features,
  limits: device.limits,
  info: device.adapterInfo,
  requestDevice: () => Promise.resolve(device),
};
Object.defineProperty(globalThis.navigator, "gpu", {
  value: { requestAdapter: () => Promise.resolve(adapter) },
});
