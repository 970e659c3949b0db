import { requireObject, requireOneOf } from "@papilio/butterfly/errors";

/** @throws PapilioError `OPTION_INVALID` for what is not an open device with its report and memory */
export function requireGpu(gpu: unknown): void {
  requireObject("The Gpu", gpu, "a Gpu, which openGpu opens", "device", "report", "memory");
}

/** @throws PapilioError `OPTION_INVALID` for what is not the report of an adapter */
export function requireReport(report: unknown): void {
  requireObject("The report", report, "an AdapterReport", "kind", "limits", "features");
  const { kind, limits, features } = report as Record<string, unknown>;
  requireOneOf("The kind of the report", kind, ["hardware", "software"]);
  requireObject("The limits of the report", limits, "an object");
  requireObject("The features of the report", features, "an object");
}

/** @throws PapilioError `OPTION_INVALID` for what is not a WebGPU device */
export function requireDevice(device: unknown): void {
  requireObject("The device", device, "a GPUDevice", "queue", "limits", "features", "lost");
}
