export { CpuModel, type CpuModelOptions, CpuStates } from "./cpu-model.ts";
export { CpuWeightStore } from "./cpu-weight-store.ts";
