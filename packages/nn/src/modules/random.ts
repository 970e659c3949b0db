import { uniform } from "@papilio/butterfly/numeric";
import type { Initialize } from "./parameter.ts";

/** Uniform in `±bound`. The same seed gives the same numbers. */
export function uniformWithin(bound: number, seed: number): Initialize {
  return (values) => {
    const next = uniform(seed);
    for (let index = 0; index < values.length; index++) values[index] = bound * next();
  };
}

/** Normally distributed around 0. Source: Box and Muller, 1958. */
export function normal(deviation: number, seed: number): Initialize {
  return (values) => {
    const next = uniform(seed);
    const fromZeroToOne = (): number => (next() + 1) / 2;
    for (let index = 0; index < values.length; index += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log(1 - fromZeroToOne()));
      const angle = 2 * Math.PI * fromZeroToOne();
      values[index] = radius * Math.cos(angle);
      if (index + 1 < values.length) values[index + 1] = radius * Math.sin(angle);
    }
  };
}

/** All the same. */
export function constant(value: number): Initialize {
  return (values) => {
    values.fill(value);
  };
}

/** Seeds for the parts of a model, one after the other, each different. */
export function seedsFrom(seed: number): () => number {
  let next = seed;
  return () => {
    const current = next;
    next = (Math.imul(next, 0x9e3779b1) + 0x7f4a7c15) >>> 0;
    return current;
  };
}
