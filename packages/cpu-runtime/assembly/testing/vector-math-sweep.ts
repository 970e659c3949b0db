/** The functions of vector-math.ts over arrays, for its test. */
import { exp, exp2 } from "../vector-math";

const LANES: usize = 16;

export function sweepExp(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) v128.store(to + at, exp(v128.load(from + at)));
}

export function sweepExp2(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) v128.store(to + at, exp2(v128.load(from + at)));
}
