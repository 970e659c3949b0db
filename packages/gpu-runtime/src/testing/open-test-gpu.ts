import process from "node:process";
import { openGpu } from "../node/index.ts";
import type { Gpu } from "../place/gpu.ts";

/** The adapter that tests run on: the best one, or the one that PAPILIO_ADAPTER names. */
export function openTestGpu(): Promise<Gpu> {
  return openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
}
