import type { AdapterReport } from "@papilio/gpu-runtime";

/** A GPU of the middle range with a browser's usual limits, for plans where no adapter is at hand. */
export const TYPICAL_GPU: AdapterReport = {
  name: "a typical GPU",
  vendor: "",
  architecture: "",
  driver: "",
  kind: "hardware",
  embedded: false,
  features: { f16: true, subgroups: { min: 32, max: 32 }, timestamps: true },
  limits: {
    maxBufferSize: 2 ** 30,
    maxStorageBufferBindingSize: 2 ** 30,
    maxComputeWorkgroupStorageSize: 2 ** 15,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  passedOver: [],
};
