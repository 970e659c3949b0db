/** How butterflies in a classifier of nodes are trained, other than from scratch by labels and rates of factors. */
export interface NodeWay {
  readonly description: string;
  /** First numbers by `initialize`, of the variance that a dense layer's have. */
  readonly drawn?: boolean;
  readonly oneRate?: boolean;
  readonly dividedDecay?: boolean;
  /** Trained dense first, and factorized. */
  readonly denseFirst?: boolean;
  /** By the logits of the dense model for all nodes, too. */
  readonly distilled?: boolean;
  /** The most features between the layers with which all linear weights are at most this share of the dense model's. */
  readonly widest?: number;
}

export const NODE_WAYS: ReadonlyMap<string, NodeWay> = new Map(
  Object.entries<NodeWay>({
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

export const WAY_DESCRIPTIONS: ReadonlyMap<string, string> = new Map(
  [...NODE_WAYS].map(([name, { description }]) => [name, description]),
);
