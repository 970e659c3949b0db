import type { Way, Ways } from "./ways.ts";

export const NODE_WAYS: Ways = new Map(
  Object.entries<Way>({
    distilled: { description: "distilled from dense, on all nodes", distilled: true },
    "dense-first-distilled": {
      description: "trained dense, factorized, distilled, decay divided",
      ...{ denseFirst: true, dividedDecay: true, distilled: true },
    },
    drawn: { description: "first numbers of a dense layer's variance", drawn: true },
    "one-rate": { description: "one rate for all factors", oneRate: true },
    "divided-decay": { description: "decay divided among factors", dividedDecay: true },
    "dense-first": { description: "trained dense, factorized, trained again", denseFirst: true },
    wider: { description: "wider, with at most as many weights as dense", widest: 1 },
    "drawn-divided": {
      description: "first numbers of a dense layer's variance, and decay divided",
      ...{ drawn: true, dividedDecay: true },
    },
    "drawn-divided-distilled": {
      description: "first numbers of a dense layer's variance, decay divided, distilled",
      ...{ drawn: true, dividedDecay: true, distilled: true },
    },
    "half-wide-distilled": {
      description: "as wide as half of dense's weights allow, drawn and distilled in the same way",
      ...{ drawn: true, dividedDecay: true, distilled: true, widest: 1 / 2 },
    },
  }),
);
