import process from "node:process";
import type { Gpu } from "../gpu/gpu.ts";
import { openGpu } from "../node/index.ts";

/** The adapter that tests run on: the best one, or the one that PAPILIO_ADAPTER names. */
export function openTestGpu(): Promise<Gpu> {
  return openGpu({ adapter: process.env.PAPILIO_ADAPTER ?? "auto" });
}
