import type { DeviceRates } from "@papilio/gpu-runtime/planning";
import { onMounted, onUnmounted, type Ref, ref, shallowRef } from "vue";
import type { Answer, Problem, Request, RunRow } from "./messages.ts";
import type { Settings } from "./settings.ts";
import { type DeviceView, useDevice } from "./use-device.ts";

export interface Results {
  readonly rows: readonly RunRow[];
  readonly file: string;
  readonly settings: Settings;
}

/** The worker that multiplies, and what it reported. */
export interface PlaygroundWorker extends Pick<DeviceView, "device" | "memory"> {
  readonly rates: Ref<DeviceRates | undefined>;
  /** What it is doing; undefined while it waits. */
  readonly doing: Ref<string | undefined>;
  readonly results: Ref<Results | undefined>;
  readonly failure: Ref<Problem | undefined>;
  run(settings: Settings): void;
  stop(): void;
  open(): void;
  /** Destroys the device, to see what a page does then. */
  lose(): void;
}

/** Starts the worker with the page that shows it, and ends it with it. */
export function useWorker(): PlaygroundWorker {
  const { device, memory, hear } = useDevice();
  const rates = shallowRef<DeviceRates>();
  const doing = ref<string>();
  const results = shallowRef<Results>();
  const failure = shallowRef<Problem>();
  let worker: Worker | undefined;
  let asked: Settings | undefined;

  function ask(request: Request): void {
    worker?.postMessage(request);
  }

  function take(answer: Answer): void {
    switch (answer.tell) {
      case "lost":
        // Another device has other rates.
        rates.value = undefined;
        hear(answer);
        return;
      case "opened":
      case "unavailable":
      case "memory":
        hear(answer);
        return;
      case "rates":
        rates.value = answer.rates;
        return;
      case "progress":
        doing.value = answer.doing;
        return;
      case "done":
        doing.value = undefined;
        results.value = { rows: answer.rows, file: answer.file, settings: asked as Settings };
        return;
      case "stopped":
        doing.value = undefined;
        return;
      case "failed":
        doing.value = undefined;
        failure.value = answer.problem;
    }
  }

  onMounted(() => {
    worker = new Worker(new URL("./gpu-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => take(data);
    worker.onerror = ({ message }) => take({ tell: "failed", problem: workerProblem(message) });
    ask({ ask: "open" });
  });
  onUnmounted(() => worker?.terminate());

  return {
    device,
    memory,
    rates,
    doing,
    results,
    failure,
    run(settings) {
      asked = settings;
      failure.value = undefined;
      memory.value = [];
      doing.value = "Opening the device";
      // A copy: what the page watches cannot be sent.
      ask({ ask: "run", settings: { ...settings }, address: location.search });
    },
    stop: () => ask({ ask: "stop" }),
    open: () => ask({ ask: "open" }),
    lose: () => ask({ ask: "lose" }),
  };
}

/** A worker that fails outside of any work. */
export function workerProblem(message: string): Problem {
  return {
    code: "WORKER",
    message: message || "The worker could not be loaded.",
    fix: "Reload the page; please report this, with the message.",
  };
}
