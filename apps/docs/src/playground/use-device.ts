import type { AdapterReport } from "@papilio/gpu-runtime";
import type { MemoryStatistics } from "@papilio/gpu-runtime/memory";
import { type Ref, shallowRef } from "vue";
import type { DeviceAnswer, Problem } from "./messages.ts";

/** What the page knows of its device. */
export type DeviceState =
  | { readonly is: "opening" }
  | { readonly is: "ready"; readonly report: AdapterReport }
  | { readonly is: "unavailable"; readonly problem: Problem }
  | { readonly is: "lost"; readonly problem: Problem };

export interface DeviceView {
  readonly device: Ref<DeviceState>;
  /** The pool's bytes during the last run, oldest first. */
  readonly memory: Ref<readonly MemoryStatistics[]>;
  /** Takes in what a worker reports of its device. */
  hear(answer: DeviceAnswer): void;
}

/** Looks at the pool that are kept. */
const MOST_LOOKS = 600;

/** The device of a worker, as its page shows it. */
export function useDevice(): DeviceView {
  const device = shallowRef<DeviceState>({ is: "opening" });
  const memory = shallowRef<readonly MemoryStatistics[]>([]);

  function hear(answer: DeviceAnswer): void {
    switch (answer.tell) {
      case "opened":
        device.value = { is: "ready", report: answer.report };
        return;
      case "unavailable":
        device.value = { is: "unavailable", problem: answer.problem };
        return;
      case "lost":
        device.value = { is: "lost", problem: answer.problem };
        return;
      case "memory":
        memory.value = [...memory.value, answer.statistics].slice(-MOST_LOOKS);
    }
  }

  return { device, memory, hear };
}
