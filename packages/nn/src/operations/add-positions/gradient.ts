import { PapilioError } from "@papilio/butterfly";
import type { Value } from "../../graph/value.ts";
import { gatherVectors } from "../gather-vectors/operation.ts";
import type { GradientContext } from "../gradient-context.ts";
import { scatterVectors } from "../scatter-vectors/operation.ts";
import type { AddPositionsOperation } from "./operation.ts";

/** In place of a row that there is not. */
const NONE = 2 ** 32 - 1;

/** Of the table the sums over sequences. Positions that a run is given are those of a cache, not of training. */
export function gradientOfAddPositions(
  { x, table, period, prepended, position, path }: AddPositionsOperation,
  dy: Value,
  to: GradientContext,
): void {
  const length = period + (prepended === undefined ? 0 : 1);
  const { graph, vectors } = dy;
  const place = (make: (index: number) => number): Uint32Array =>
    Uint32Array.from({ length: vectors }, (_, vector) => make(vector % length));
  if (prepended === undefined) {
    to.add(x, dy);
  } else if (to.needs(x)) {
    const kept = place((index) => index)
      .map((index, vector) => (index === 0 ? NONE : vector))
      .filter((vector) => vector !== NONE);
    to.add(x, gatherVectors(dy, graph.fixed("vectors that are not prepended", kept), path));
  }
  if (prepended !== undefined && to.needs(prepended)) {
    const firsts = graph.fixed(
      "vectors that are prepended",
      place((index) => (index === 0 ? 0 : NONE)),
    );
    to.addParameter(prepended, scatterVectors(dy, firsts, { path, rows: 1, flat: true }));
  }
  if (!to.needs(table)) return;
  if (position !== undefined && position.fixed === undefined) {
    throw new PapilioError(
      "GRADIENT_UNAVAILABLE",
      `A table of positions${path && ` of ${path}`} has no gradient where a run is given the position.`,
      "Trace the model without a cache to train it.",
    );
  }
  const start = position?.fixed?.[0] ?? 0;
  const positions = graph.fixed(
    "positions",
    place((index) => start + index),
  );
  const rows = table.length / x.features;
  to.addParameter(table, scatterVectors(dy, positions, { path, rows, flat: true }));
}
