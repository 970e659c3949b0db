import type { FloatArray } from "@papilio/butterfly";
import type { ReferenceContext } from "../reference-context.ts";
import { firstPosition } from "../shared/positions.ts";
import type { RotaryOperation } from "./operation.ts";

export function evaluateRotary(
  { x, headFeatures, style, cosines, sines, period, position }: RotaryOperation,
  context: ReferenceContext,
): FloatArray {
  const values = context.of(x);
  const y = context.zeros(x);
  const pairs = headFeatures / 2;
  const positions = cosines.shape[0] as number;
  for (let vector = 0; vector < x.vectors; vector++) {
    // Tokens past the table are only there to fill a run: nobody asks for what becomes of them.
    const start = firstPosition(position, context, Math.floor(vector / period));
    const row = Math.min(start + (vector % period), positions - 1) * pairs;
    for (let head = 0; head < x.features; head += headFeatures) {
      for (let pair = 0; pair < pairs; pair++) {
        const [p, q] = style === "interleaved" ? [2 * pair, 2 * pair + 1] : [pair, pair + pairs];
        const at = vector * x.features + head;
        const [u, v] = [values[at + p] as number, values[at + q] as number];
        const cosine = cosines.values[row + pair] as number;
        const sine = sines.values[row + pair] as number;
        y[at + p] = u * cosine - v * sine;
        y[at + q] = u * sine + v * cosine;
      }
    }
  }
  return y;
}
