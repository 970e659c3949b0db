import { Chain } from "@papilio/butterfly";
import { type AdapterReport, planChain } from "@papilio/gpu-runtime";
import { describePlan, rankPlans } from "@papilio/gpu-runtime/planning";

// Of an open device it is `gpu.report`.
const report: AdapterReport = {
  name: "a GPU",
  vendor: "",
  architecture: "",
  driver: "",
  kind: "hardware",
  embedded: false,
  features: {
    f16: true,
    subgroups: { min: 32, max: 32 },
    timestamps: true,
  },
  limits: {
    maxBufferSize: 2 ** 30,
    maxStorageBufferBindingSize: 2 ** 30,
    maxComputeWorkgroupStorageSize: 2 ** 15,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  passedOver: [],
};

const chain = Chain.squareDyadic(4096);
const shape = {
  batch: 128,
  layout: "batch-last",
  dtype: "f32",
} as const;
const plan = planChain(report, chain, shape);
console.error(describePlan(plan, chain, shape));
console.log(plan.stages.length < chain.length); // true

// The best few, of each kind of stage alone too.
const ranked = rankPlans(report, chain, shape);
console.log(
  ranked.length > 1,
  ranked[0]?.plan.stages.length === plan.stages.length,
); // true true
