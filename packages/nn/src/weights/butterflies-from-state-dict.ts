import {
  type AnyButterfly,
  Butterfly,
  Chain,
  Pattern,
  PermutedButterfly,
} from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  type DenseTensor,
  fromMonarchPair,
  fromValuesLayout,
  loadButterflies,
  type SafetensorsTensor,
} from "@papilio/butterfly/files";
import { flag, map, objectOf, optional, text } from "../arguments/checks.ts";
import type { LoadedStateDict, StateDict, StoredTensor } from "./stored-tensor.ts";
import { butterfliesFromTwiddle } from "./twiddles.ts";
import { quoteNames, weightsError } from "./weights-error.ts";

/** How a layer's structured weight is stored. */
export type ButterflyConvention = "factors" | "monarch" | "twiddle" | "kronecker-sparse";

/** The structured weight of a layer. */
export interface StoredButterflies {
  readonly convention: ButterflyConvention;
  /**
   * For each stack the butterflies that are applied one after another, the first first. Only twiddles have
   * several of either; the outputs of stacks are concatenated.
   */
  readonly stacks: readonly (readonly PermutedButterfly<AnyButterfly>[])[];
  /** The tensors that it was made of. */
  readonly names: readonly string[];
}

/** What a checkpoint does not say itself. */
export interface ButterfliesOptions {
  /** Of twiddles: whether pairs are next to each other in the first level, as by default there. */
  readonly increasingStride?: boolean;
}

/**
 * The structured weight of a layer, in whichever of these ways it is stored:
 *
 * - `PREFIX.factors.0`, ... with what belongs to them, as `saveButterflies` writes it. Without its
 *   metadata, shapes are taken for patterns, so that blocks stored once must not be among them;
 * - `PREFIX.blkdiag1` `[k, q, p]` and `PREFIX.blkdiag2` `[l, s, r]`, a Monarch layer;
 * - `PREFIX.twiddle` `[stacks, blocks, log2 n, n/2, 2, 2]`, a butterfly layer, or
 *   `[stacks, blocks, log2 n, n/2, 2, 2, size, size]`, one of blocks. Complex ones are of type `C64`, or have
 *   real and imaginary parts along another, last axis;
 * - `PREFIX.weight` `[a, b, c, d]`, a Kronecker-sparse one.
 *
 * Monarch and butterfly layers pad their inputs and cut their outputs to the sizes of the layer, which
 * their weights do not say.
 *
 * Sources: arXiv 2204.00595 (Monarch), Dao et al., "Kaleidoscope" (2020), arXiv 2405.15013, and the code
 * published with them.
 *
 * @param prefix without its dot; empty for the names alone
 * @throws PapilioError `TENSOR_MISSING` when there is none of these, or half of one; `TENSOR_SHAPE`,
 *   `TENSOR_DTYPE`, `CHAIN_NOT_CHAINABLE`, `FILE_HEADER` when what is there does not fit
 *
 * @example
 * ```ts
 * const { stacks } = butterfliesFromStateDict(state, "encoder.layers.0.fc1");
 * const weight = stacks[0]?.[0];
 * ```
 */
export function butterfliesFromStateDict(
  state: StateDict | LoadedStateDict,
  prefix: string,
  options: ButterfliesOptions = {},
): StoredButterflies {
  map("The weights", state);
  text("The prefix", prefix);
  objectOf({ increasingStride: optional(flag) })("butterfliesFromStateDict", options);
  const { increasingStride = true } = options;
  const base = prefix === "" ? "" : `${prefix}.`;
  const own = [...state.keys()].filter((name) =>
    /^(factors\.\d+(\.re|\.im)?|permutation\.(left|right))$/.test(
      name.startsWith(base) ? name.slice(base.length) : "",
    ),
  );
  if (own.some((name) => name.startsWith(`${base}factors.`))) {
    return { convention: "factors", stacks: [[fromFactors(state, prefix, own)]], names: own };
  }
  const one = (name: string): DenseTensor<Float32Array> | undefined => {
    const tensor = state.get(base + name);
    return tensor && { shape: tensor.shape, values: tensor.toReal("float32") };
  };
  const found = (
    convention: ButterflyConvention,
    stacks: readonly (readonly Butterfly[])[],
    ...names: readonly string[]
  ): StoredButterflies => ({
    convention,
    stacks: stacks.map((stack) =>
      stack.map((butterfly) => new PermutedButterfly<AnyButterfly>(butterfly)),
    ),
    names: names.map((name) => base + name),
  });
  const first = one("blkdiag1");
  const second = one("blkdiag2");
  if (first !== undefined && second !== undefined) {
    return found("monarch", [[fromMonarchPair(first, second)]], "blkdiag1", "blkdiag2");
  }
  const twiddle = state.get(`${base}twiddle`);
  if (twiddle !== undefined) {
    const stacks = butterfliesFromTwiddle(twiddle, increasingStride);
    return { convention: "twiddle", stacks, names: [`${base}twiddle`] };
  }
  const weight = state.get(`${base}weight`);
  if (weight?.shape.length === 4) {
    const values = weight.toReal("float32");
    const factor = fromValuesLayout(patternOf(weight), values, "abcd");
    return found("kronecker-sparse", [[new Butterfly([factor])]], "weight");
  }
  throw weightsError(
    "TENSOR_MISSING",
    `There is no butterfly at ${quoteNames([prefix])}: neither factors.0, nor blkdiag1 with blkdiag2, nor twiddle, nor a weight of four axes.`,
  );
}

/** Lets {@link loadButterflies} read them, from a file that would have nothing else. */
function fromFactors(
  state: StateDict | LoadedStateDict,
  prefix: string,
  names: readonly string[],
): PermutedButterfly<AnyButterfly> {
  const format = "papilio.format";
  const key = `papilio.butterfly.${prefix}`;
  const given = "metadata" in state ? state.metadata : new Map<string, string>();
  const metadata = new Map([
    [format, given.get(format) ?? "1"],
    [key, given.get(key) ?? describeFactors(state, prefix)],
  ]);
  const tensors = new Map(
    names.map((name): [string, SafetensorsTensor] => {
      const tensor = state.get(name) as StoredTensor;
      // Factors are named after the butterfly, and one without a prefix has no name before the dot.
      const full = prefix === "" ? `.${name}` : name;
      const { dtype, shape } = tensor;
      return [full, { name: full, dtype, shape, bytes: tensor.bytes() }];
    }),
  );
  return loadButterflies({ tensors, metadata }).get(prefix) as PermutedButterfly<AnyButterfly>;
}

/** What the metadata would say of factors that share nothing. */
function describeFactors(state: StateDict, prefix: string): string {
  const base = prefix === "" ? "" : `${prefix}.`;
  const complex = state.has(`${base}factors.0.re`);
  const patterns: Pattern[] = [];
  for (;;) {
    const name = `${base}factors.${patterns.length}${complex ? ".re" : ""}`;
    const tensor = state.get(name);
    if (tensor === undefined) break;
    patterns.push(patternOf(tensor));
  }
  return JSON.stringify({ chain: Chain.of(patterns).toString(), complex });
}

function patternOf({ name, shape }: StoredTensor): Pattern {
  const [a, b, c, d, ...more] = shape;
  if (a && b && c && d && more.length === 0) return new Pattern(a, b, c, d);
  throw weightsError(
    "TENSOR_SHAPE",
    `The tensor ${quoteNames([name])} of shape ${describeValue(shape)} has not the four sizes of a pattern.`,
  );
}
