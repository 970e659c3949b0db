import type { Environment } from "@papilio/bench";
import type { Gpu } from "@papilio/gpu-runtime";
import { describeEnvironment } from "./environment.ts";
import type { Answer, Request } from "./messages.ts";
import { PageDevice, problemOf } from "./page-device.ts";
import { runOnCpu } from "./run-on-cpu.ts";
import { runOnGpu } from "./run-on-gpu.ts";
import type { Settings } from "./settings.ts";

const device = new PageDevice(tell);
/** What was measured of each device before its first run. */
const environments = new WeakMap<Gpu, Environment>();
let abort = new AbortController();

function tell(answer: Answer): void {
  self.postMessage(answer);
}

async function environmentOf(gpu: Gpu, address: string): Promise<Environment> {
  let environment = environments.get(gpu);
  if (environment === undefined) {
    tell({ tell: "progress", doing: "Measuring what the adapter reaches" });
    environment = await describeEnvironment(gpu, address);
    environments.set(gpu, environment);
    if (environment.rates) tell({ tell: "rates", rates: environment.rates });
  }
  return { ...environment, date: new Date().toISOString(), command: `playground ${address}` };
}

async function run(settings: Settings, address: string): Promise<void> {
  const gpu = await device.ready();
  if (gpu === undefined) {
    tell({ tell: "progress", doing: "Multiplying on the CPU" });
    tell({ tell: "done", ...(await runOnCpu(settings, address)) });
    return;
  }
  const environment = await environmentOf(gpu, address);
  // What was needed before is not part of what is shown.
  gpu.memory.trim();
  gpu.memory.resetPeak();
  const done = await device.watch(gpu, () =>
    runOnGpu(gpu, environment, settings, abort.signal, (doing) =>
      tell({ tell: "progress", doing }),
    ),
  );
  tell({ tell: "done", ...done });
}

self.onmessage = ({ data }: MessageEvent<Request>) => {
  switch (data.ask) {
    case "open":
      void device.ready();
      return;
    case "run":
      abort = new AbortController();
      run(data.settings, data.address).catch((error: unknown) => {
        if (abort.signal.aborted) tell({ tell: "stopped" });
        else tell({ tell: "failed", problem: problemOf(error) });
      });
      return;
    case "stop":
      abort.abort(new Error("stopped"));
      return;
    case "lose":
      device.lose();
  }
};
