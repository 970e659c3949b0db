import { requireObject, requireOneOf, requireText } from "@papilio/butterfly/errors";
import type { AdapterReport } from "./report.ts";

/**
 * A report that stands for that of an adapter of which the name and the kind alone are known, for plans and
 * predictions before a device is opened: a GPU of the middle range, or a software driver on a CPU.
 */
export function typicalReport(adapter: Pick<AdapterReport, "name" | "kind">): AdapterReport {
  requireObject("The adapter", adapter, "an object with name and kind");
  const { name, kind } = adapter;
  requireText("The name of the adapter", name);
  requireOneOf("The kind of the adapter", kind, ["hardware", "software"]);
  const isHardware = kind === "hardware";
  const embedded = /swiftshader/i.test(name);
  const size = isHardware ? 32 : embedded ? 4 : 8;
  return {
    name,
    vendor: "",
    architecture: "",
    driver: "",
    kind,
    embedded,
    features: { f16: !embedded, subgroups: { min: size, max: size }, timestamps: true },
    limits: {
      maxBufferSize: 2 ** 30,
      maxStorageBufferBindingSize: isHardware ? 2 ** 30 : 2 ** 27,
      maxComputeWorkgroupStorageSize: 2 ** 15,
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupsPerDimension: 65535,
    },
    passedOver: [],
  };
}
