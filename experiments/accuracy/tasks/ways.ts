import type { Model } from "@papilio/nn";
import { initializeFrom } from "@papilio/nn/conversion";
import type { LinearKind } from "../linear-kinds.ts";
import { linearWeights } from "../sizes.ts";
import type { Choice, Settings, Training, Tried } from "../task.ts";
import { trainBest } from "../train.ts";

/** How butterflies are trained, other than from scratch by labels and rates of factors. */
export interface Way {
  readonly description: string;
  /** Kinds of layers that it is tried for: those of two factors unless given. */
  readonly kinds?: readonly LinearKind[];
  /** First numbers by `initialize`, of the variance that a dense layer's have. */
  readonly drawn?: boolean;
  /** First blocks of factors orthogonal. */
  readonly orthogonal?: boolean;
  readonly oneRate?: boolean;
  /** Rates as multiples of those of the usual way. */
  readonly rates?: number;
  readonly dividedDecay?: boolean;
  /** Trained dense first, and factorized. */
  readonly denseFirst?: boolean;
  /** By the logits of the dense model, too. */
  readonly distilled?: boolean;
  /** The most features with which all linear weights are at most this share of the dense model's. */
  readonly widest?: number;
}

/** Ways by their names. */
export type Ways = ReadonlyMap<string, Way>;

/** How the models of a task are made and trained. */
export interface Family<M extends Model<never>> {
  /** Features of a model, unless a way has others: multiples of them, or of a step. */
  readonly width: number;
  readonly step: number;
  make(kind: LinearKind, seed: number, width: number): M;
  /** @param teacher whose logits are learned, too */
  training(model: M, seed: number, teacher?: M): Training;
}

const PAIRS: readonly LinearKind[] = ["half", "monarch"];

export function describeWays(ways: Ways): Tried["ways"] {
  return new Map(
    [...ways].map(([name, { description, kinds = PAIRS, rates }]) => [
      name,
      { description, kinds, rates },
    ]),
  );
}

/** For products of many factors. */
export const DYADIC_WAYS: Ways = new Map<string, Way>([
  [
    "orthogonal-one-rate",
    {
      description: "first blocks orthogonal, one rate for all factors",
      ...{ kinds: ["dyadic"], orthogonal: true, oneRate: true },
    },
  ],
  [
    "orthogonal-high-rate",
    {
      description: "first blocks orthogonal, one rate for all factors, four times as high",
      ...{ kinds: ["dyadic"], orthogonal: true, oneRate: true, rates: 4 },
    },
  ],
]);

/** Numbers of models that were trained dense, by their family, their seed, and their width: they teach several. */
const trained = new WeakMap<object, Map<string, Promise<readonly Float32Array[]>>>();

/** @param dense the settings that were best for dense layers, for ways that begin with them */
export async function trainingBy<M extends Model<never>>(
  family: Family<M>,
  ways: Ways,
  choice: Choice,
  dense: Settings | undefined,
): Promise<Training> {
  const { kind, seed } = choice;
  const way = choice.way === undefined ? undefined : ways.get(choice.way);
  const width = way?.widest === undefined ? family.width : widestWithin(family, kind, way.widest);
  const model = family.make(kind, seed, width);
  if (way?.denseFirst) await initializeFrom(model, await trainedDense(family, dense, seed, width));
  const teacher = way?.distilled
    ? await trainedDense(family, dense, seed, family.width)
    : undefined;
  const training = family.training(model, seed, teacher);
  const { drawn = training.drawn && !way?.denseFirst, oneRate, dividedDecay } = way ?? {};
  const factors = way?.orthogonal ? "orthogonal" : undefined;
  return { ...training, drawn, factors, oneRate, dividedDecay };
}

/** The most features of which all linear weights are at most a share of dense's. */
function widestWithin<M extends Model<never>>(
  { make, width, step }: Family<M>,
  kind: LinearKind,
  share: number,
): number {
  const most = share * linearWeights(make("dense", 0, width));
  let widest = width;
  while (linearWeights(make(kind, 0, widest + step)) <= most) widest += step;
  return widest;
}

/** A dense model, trained by the settings that were best for it, as it was when its validation was best. */
async function trainedDense<M extends Model<never>>(
  family: Family<M>,
  settings: Settings | undefined,
  seed: number,
  width: number,
): Promise<M> {
  if (settings === undefined) throw new Error("Dense layers are trained first.");
  const all = trained.get(family) ?? new Map<string, Promise<readonly Float32Array[]>>();
  trained.set(family, all);
  const key = `${seed} ${width}`;
  const numbers = all.get(key) ?? trainDense(family, settings, seed, width);
  all.set(key, numbers);
  // Another one each time: what begins with it makes butterflies of its layers.
  const model = family.make("dense", seed, width);
  const known = await numbers;
  for (const [at, parameter] of [...model.namedParameters().values()].entries()) {
    parameter.values = (known[at] as Float32Array).slice();
  }
  return model;
}

async function trainDense<M extends Model<never>>(
  family: Family<M>,
  settings: Settings,
  seed: number,
  width: number,
): Promise<readonly Float32Array[]> {
  const model = family.make("dense", seed, width);
  const parameters = [...model.namedParameters().values()];
  let best: readonly Float32Array[] = [];
  const choice: Choice = { ...settings, kind: "dense", seed };
  await trainBest(choice, {
    ...family.training(model, seed),
    onBest: () => {
      best = parameters.map(({ values }) => values.slice());
    },
  });
  return best;
}
