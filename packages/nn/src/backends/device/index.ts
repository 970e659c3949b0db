export {
  DeviceModel,
  type DeviceModelOptions,
  type Profile,
  type ProfiledOperation,
} from "./device-model.ts";
export { ModelMemory } from "./model-memory.ts";
export type { PlannedOperation } from "./plan.ts";
export { type GraphStorage, requireBindable } from "./require-bindable.ts";
