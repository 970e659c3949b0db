import { uniform } from "@papilio/butterfly/numeric";
import { describe, expect, it } from "vitest";
import { type SamplingOptions, sampler } from "./sampling.ts";

/** What the options say, by sorting all tokens. */
function sortingSampler(options: SamplingOptions): (logits: Float32Array) => number {
  const { temperature = 1, topK = Number.POSITIVE_INFINITY, topP = 1, seed = 0 } = options;
  const next = uniform(seed);
  const sum = (weights: readonly number[]): number => weights.reduce((a, b) => a + b, 0);
  return (logits) => {
    const order = [...logits.keys()]
      .sort((p, q) => (logits[q] as number) - (logits[p] as number) || p - q)
      .slice(0, topK);
    const most = logits[order[0] as number] as number;
    const weights = order.map((token) =>
      Math.exp(((logits[token] as number) - most) / temperature),
    );
    const enough = topP * sum(weights);
    let kept = 0;
    for (let reached = 0; kept < weights.length && reached < enough; kept++) {
      if (weights[kept] === 0) break;
      reached += weights[kept] as number;
    }
    let left = ((next() + 1) / 2) * sum(weights.slice(0, kept));
    for (let place = 0; place < kept; place++) {
      left -= weights[place] as number;
      if (left < 0) return order[place] as number;
    }
    return order[kept - 1] as number;
  };
}

const random = uniform(1);
/** Twelve uniform numbers make about a normal one. */
const normal = (): number => Array.from({ length: 12 }, random).reduce((a, b) => a + b, 0) / 2;
const OUT = Number.NEGATIVE_INFINITY;

const KINDS: readonly (readonly [string, (token: number, tokens: number) => number])[] = [
  ["spread", () => 3 * normal()],
  ["in steps, with many equal", () => Math.round(2 * normal())],
  ["all equal", () => 2],
  ["masked by a large number", () => (random() < 0 ? -1e9 : normal())],
  ["ruled out by minus infinity", (token) => (token > 0 && random() < 0 ? OUT : normal())],
  ["of all magnitudes", () => normal() * 10 ** (20 * random())],
  ["almost equal", () => 1 + 1e-6 * normal()],
  ["led by one", (token, tokens) => (token === tokens >> 1 ? 40 : normal())],
];

const OPTIONS: readonly SamplingOptions[] = [
  { temperature: 1 },
  { temperature: 0.7, topK: 40 },
  { temperature: 1.3, topP: 0.9 },
  { temperature: 1, topK: 500, topP: 0.5 },
  { temperature: 100, topP: 0.99 },
  { temperature: 0.001, topK: 200 },
  { temperature: 1e-300 },
  { temperature: 1e300, topP: 0.3 },
];

describe("sampling by selection", () => {
  it.each(KINDS)("chooses from logits %s what sorting them would", (_, logit) => {
    for (const tokens of [1, 2, 100, 129, 3000]) {
      const logits = Float32Array.from({ length: tokens }, (_, token) => logit(token, tokens));
      for (const options of OPTIONS) {
        for (let seed = 0; seed < 3; seed++) {
          const [chosen, expected] = [sampler, sortingSampler].map((make) => {
            const choose = make({ ...options, seed });
            return Array.from({ length: 3 }, () => choose(logits));
          });
          expect(chosen, `${tokens} tokens, ${JSON.stringify({ ...options, seed })}`).toEqual(
            expected,
          );
        }
      }
    }
  });

  it("leaves the logits as they are", () => {
    const logits = Float32Array.from({ length: 3000 }, normal);
    const copy = logits.slice();
    sampler({ temperature: 1, topK: 300, topP: 0.8 })(logits);
    expect(logits).toEqual(copy);
  });
});
