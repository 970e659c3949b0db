import type { Environment } from "@papilio/bench/results";
import type { Gpu } from "@papilio/gpu-runtime";
import { describeEnvironment } from "./environment.ts";
import type { Answer, RunRequest } from "./messages.ts";
import { answerRequests, PageDevice } from "./page-device.ts";
import { runCase } from "./run-case.ts";

const device = new PageDevice(tell);
/** What was measured of each device before its first run. */
const environments = new WeakMap<Gpu, Environment>();

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

async function run({ settings, address }: RunRequest, signal: AbortSignal): Promise<void> {
  const gpu = await device.ready();
  const onProgress = (doing: string): void => tell({ tell: "progress", doing });
  if (gpu === undefined) {
    onProgress("Multiplying on the CPU");
    const onCpu = await describeEnvironment(undefined, address);
    tell({
      tell: "done",
      ...(await runCase(undefined, onCpu, settings, signal, onProgress)),
    });
    return;
  }
  const environment = await environmentOf(gpu, address);
  // What was needed before is not part of what is shown.
  gpu.memory.trim();
  gpu.memory.resetPeak();
  const done = await device.watch(gpu, () =>
    runCase(gpu, environment, settings, signal, onProgress),
  );
  tell({ tell: "done", ...done });
}

answerRequests<RunRequest>(device, tell, run);
