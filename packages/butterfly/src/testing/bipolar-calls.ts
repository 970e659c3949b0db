import { call, type PublicCalls } from "@papilio/public-arguments";
import { butterfly } from "./every-entry.ts";

const values = Float32Array.of(1, 2, 3, 4);
const shape = [1, 1, 4, 1] as const;
const bipolar = butterfly.roundBipolar(values, shape, 2);

/** Of numbers of few bits that stand for -1 and 1. */
export const bipolarCalls: PublicCalls = {
  roundBipolar: () => call(butterfly.roundBipolar, values, shape, 2),
  packBipolar: () => call(butterfly.packBipolar, { ...bipolar }),
  bipolarPlanesWords: () => call(butterfly.bipolarPlanesWords, shape, 2),
  bipolarWeightsWords: () => call(butterfly.bipolarWeightsWords, shape, 2),
  bipolarToFloats: () => call(butterfly.bipolarToFloats, { ...bipolar }),
};
