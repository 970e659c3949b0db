export { CpuModel, type CpuModelOptions, CpuStates } from "./cpu-model.ts";
