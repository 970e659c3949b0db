/** Prints one line of JSON: the report of the adapter that PAPILIO_ADAPTER selects. */
import { openGpu } from "@papilio/gpu-runtime/node";

using gpu = await openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
console.log(JSON.stringify(gpu.report));
