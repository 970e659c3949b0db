/** The functions of vector-math.ts over arrays, for its test. */
import { exp, exp2, expm1, log, normalDistribution, sigmoid, tanh } from "../vector-math";

const LANES: usize = 16;

export function sweepExp(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) v128.store(to + at, exp(v128.load(from + at)));
}

export function sweepExp2(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) v128.store(to + at, exp2(v128.load(from + at)));
}

export function sweepExpm1(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) v128.store(to + at, expm1(v128.load(from + at)));
}

export function sweepTanh(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) v128.store(to + at, tanh(v128.load(from + at)));
}

export function sweepSigmoid(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) {
    v128.store(to + at, sigmoid(v128.load(from + at)));
  }
}

export function sweepNormalDistribution(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) {
    v128.store(to + at, normalDistribution(v128.load(from + at)));
  }
}

export function sweepLog(from: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += LANES) v128.store(to + at, log(v128.load(from + at)));
}
