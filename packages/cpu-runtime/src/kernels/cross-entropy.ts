import {
  describeValue,
  requireNumber,
  requireObject,
  requireWhole,
  wrongArgument,
} from "@papilio/butterfly/errors";
import { CROSS_ENTROPY } from "../wasm/kernel-ids.ts";
import { floatWord, type KernelCall } from "./kernel-call.ts";
import { vectorItems } from "./lane-groups.ts";
import { vectorsBytes } from "./layout.ts";
import { requireVectorsShape, type VectorsShape, vectorsOperand, wordsOperand } from "./problem.ts";

/**
 * Of the features of each vector, which are classes, with a label:
 * `log Σ exp x - (1 - smoothing) x[label] - smoothing · mean of x`.
 */
export interface CrossEntropyProblem extends VectorsShape {
  /** What the other classes share of what is wanted, from 0 to below 1. */
  readonly smoothing: number;
  /** The label of vectors whose loss and gradient are 0; as those of labels at and above `features` are. */
  readonly ignored?: number | undefined;
}

/** Powers of an item, some tens of microseconds. */
const ITEM_POWERS = 2 ** 15;
/** Of four vectors: sums, and what each vector's loss is made of. */
const SCRATCH_BYTES = 80;
/** A label that is none. */
const NO_LABEL = 2 ** 32 - 1;

/**
 * The loss of each vector, in one pass over x. Operands: x, labels (u32, one for each vector), and loss, a number for
 * each vector.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function crossEntropy(problem: CrossEntropyProblem): KernelCall {
  const { vectors, features } = requireProblem(problem);
  const one = { vectors, features: 1 };
  return {
    kernel: CROSS_ENTROPY,
    label: `cross-entropy ${vectors} x ${features}`,
    ...parts(problem, false),
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      wordsOperand("labels", vectors),
      vectorsOperand("loss", "write", "tiles", one),
    ],
    flops: 16 * vectors * features,
    bytes: vectorsBytes("tiles", vectors, features) + 8 * vectors,
  };
}

/**
 * `dx = (softmax of x - what is wanted) · loss`, with the gradient of each vector's loss. Operands: x, labels as for
 * {@link crossEntropy}, loss and dx.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function crossEntropyGradient(problem: CrossEntropyProblem): KernelCall {
  const { vectors, features } = requireProblem(problem);
  const one = { vectors, features: 1 };
  return {
    kernel: CROSS_ENTROPY,
    label: `gradient of cross-entropy ${vectors} x ${features}`,
    ...parts(problem, true),
    operands: [
      vectorsOperand("x", "read", "tiles", problem),
      wordsOperand("labels", vectors),
      vectorsOperand("loss", "read", "tiles", one),
      vectorsOperand("dx", "write", "tiles", problem),
    ],
    flops: 32 * vectors * features,
    bytes: 2 * vectorsBytes("tiles", vectors, features) + 8 * vectors,
  };
}

function requireProblem(problem: CrossEntropyProblem): CrossEntropyProblem {
  requireObject("The problem", problem, "a CrossEntropyProblem");
  requireVectorsShape(problem);
  requireSmoothing(problem.smoothing);
  requireIgnored(problem.ignored);
  return problem;
}

/** @throws PapilioError `OPTION_INVALID` */
export function requireIgnored(ignored: number | undefined): void {
  const name = "The label that is ignored";
  if (ignored === undefined) return;
  requireWhole(name, ignored, 0);
  if (ignored > NO_LABEL) throw wrongArgument(name, describeValue(ignored), `at most ${NO_LABEL}`);
}

function requireSmoothing(smoothing: unknown): void {
  requireNumber("The smoothing", smoothing);
  if (smoothing >= 0 && Math.fround(smoothing) < 1) return;
  throw wrongArgument("The smoothing", describeValue(smoothing), "a number from 0 to below 1");
}

/** The word of a label that is ignored. */
export function ignoredWord(ignored: number | undefined): number {
  return (ignored ?? NO_LABEL) | 0;
}

function parts(
  problem: CrossEntropyProblem,
  gradient: boolean,
): Pick<KernelCall, "items" | "scratchBytes" | "words"> {
  const { vectors, features, smoothing, ignored } = problem;
  const { items, tilesEach } = vectorItems(problem, ITEM_POWERS / (gradient ? 2 : 1));
  return {
    items,
    scratchBytes: SCRATCH_BYTES,
    words: ([x = 0, labels = 0, loss = 0, dx = 0]) => [
      ...[x, labels, loss, dx, vectors, features],
      ...[floatWord(smoothing), ignoredWord(ignored), tilesEach],
    ],
  };
}
