import type { Environment } from "@papilio/bench/results";
import type { Gpu } from "@papilio/gpu-runtime";
import { describeEnvironment } from "./environment.ts";
import type { Answer, Request } from "./messages.ts";
import { PageDevice, problemOf } from "./page-device.ts";
import { runCase } from "./run-case.ts";
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
  const onProgress = (doing: string): void => tell({ tell: "progress", doing });
  if (gpu === undefined) {
    onProgress("Multiplying on the CPU");
    const onCpu = await describeEnvironment(undefined, address);
    tell({
      tell: "done",
      ...(await runCase(undefined, onCpu, settings, abort.signal, onProgress)),
    });
    return;
  }
  const environment = await environmentOf(gpu, address);
  // What was needed before is not part of what is shown.
  gpu.memory.trim();
  gpu.memory.resetPeak();
  const done = await device.watch(gpu, () =>
    runCase(gpu, environment, settings, abort.signal, onProgress),
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
