import { fileURLToPath } from "node:url";
import { call, type PublicCalls } from "@papilio/public-arguments";
import * as node from "../../node/index.ts";

const clock = { now: () => 0, sleep: () => Promise.resolve() };

/** Those of the entry for Node. */
export const nodeCalls: PublicCalls = {
  loadImplementations: () =>
    call(
      node.loadImplementations,
      fileURLToPath(new URL("../../implementations/registry.ts", import.meta.url)),
    ),
  loadOnnxRuntime: () => call(node.loadOnnxRuntime, () => Promise.reject(new Error("not here"))),
  gcnOnCora: () => call(node.gcnOnCora),
  openEnergyMeter: () =>
    call(
      node.openEnergyMeter,
      { name: "llvmpipe", vendor: "mesa", driver: "lavapipe", kind: "software" },
      {
        powercapRoot: "/nowhere",
        nvidiaSmi: "nvidia-smi",
        idleSeconds: 1e-3,
        timeoutSeconds: 1,
        signal: new AbortController().signal,
        clock,
      },
    ),
};
