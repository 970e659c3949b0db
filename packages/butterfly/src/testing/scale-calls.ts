import { call, type PublicCalls } from "@papilio/public-arguments";
import { butterfly } from "./every-entry.ts";

const x = Float32Array.of(1, -2, 3, -4);

/** Scales of values of few bits. */
export const scaleCalls: PublicCalls = {
  roundToScales: () => call(butterfly.roundToScales, x, new Float32Array(4).fill(0.5), "q4"),
  searchScales: () => call(butterfly.searchScales, x, [1, 1, 4, 1], "q4"),
  groupOf: () => call(butterfly.groupOf, [1, 1, 4, 1]),
  valueScales: () => {
    return call(butterfly.valueScales, butterfly.quantizeValues(x, [1, 1, 4, 1], "q4"));
  },
};
