import { type AnyButterfly, type Butterfly, type Chain, PapilioError } from "@papilio/butterfly";
import {
  type ChainSearchOptions,
  type Factorization,
  factorize,
  factorizePermuted,
  NAMED_TREES,
  type PermutedFactorization,
  padMatrix,
  refine,
  searchChains,
} from "@papilio/butterfly/factorization";
import { factorizationKernels } from "@papilio/cpu-runtime";
import { type MatrixFile, readMatrix } from "../files/matrix-file.ts";
import { chainFor } from "../flags/chain-choice.ts";
import { numberFrom, oneOf, wholeNumber } from "../flags/options.ts";
import { showShare } from "../render/progress.ts";
import type { SearchReport } from "../render/render-factorization.ts";

/** Seconds of a search, unless a flag says another number. */
export const TIME_LIMIT = 45;

/** How a matrix is factorized. */
export interface FactorizationFlags {
  readonly chain: string;
  readonly rank: string;
  readonly tree: string;
  readonly permute?: string | true;
  readonly maxParams?: string;
  readonly maxError?: string;
  readonly timeLimit?: string;
  readonly refine?: string | true;
  readonly inputs?: string;
  readonly threads?: string;
}

/** In single precision, or in double where the file has numbers that need it. */
export type AnyMatrixFile = MatrixFile | MatrixFile<"float64">;

/** What is told of a search while it goes on, and what it asks. */
export interface SearchCalls
  extends Required<Pick<ChainSearchOptions, "errorOf" | "onFront" | "onBest">> {}

interface Found {
  readonly found: Factorization<AnyButterfly>;
  /** Where a chain was searched for. */
  readonly search?: SearchReport;
  /** Where permutations were tried. */
  readonly permuted?: Pick<PermutedFactorization<AnyButterfly>, "matrix" | "names">;
}

/**
 * The butterfly that is nearest to a matrix, as the flags want it.
 *
 * @throws PapilioError `FLAG_INVALID`; `CHAIN_NOT_FOUND` when no chain is within the limits
 */
export async function factorizeAs(
  { values, rows, cols }: AnyMatrixFile,
  flags: FactorizationFlags,
  signal: AbortSignal,
  { errorOf, onFront, onBest }: SearchCalls,
): Promise<Found> {
  const { chain: text, maxParams, maxError, timeLimit } = flags;
  const limits = {
    ...(maxParams === undefined
      ? {}
      : { maxParameters: numberFrom("--max-params", maxParams, 0, 1) }),
    ...(maxError === undefined
      ? {}
      : { maxError: numberFrom("--max-error", maxError, 0, 1), errorOf }),
    ...(timeLimit === undefined
      ? {}
      : { timeLimit: numberFrom("--time-limit", timeLimit, 0, 1e9) }),
  };
  if (text !== "auto" && Object.keys(limits).length > 0) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--max-params, --max-error and --time-limit go with --chain auto.",
      "Leave them out, or let the chain be searched for.",
    );
  }
  if (
    flags.permute !== undefined &&
    (text === "auto" || flags.refine !== undefined || flags.inputs !== undefined)
  ) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--permute goes neither with --chain auto nor with --refine.",
      "Name a chain, and leave the others out.",
    );
  }
  const chain = text === "auto" ? undefined : chainOf(flags, rows, cols);
  const tree = oneOf("--tree", flags.tree, NAMED_TREES);
  using shown = showShare(chain === undefined ? "Searching" : "Factorizing");
  const size = { rows, cols };
  const options = {
    signal,
    kernels: factorizationKernels(),
    onProgress: (share: number) => shown.update(share),
    ...(flags.threads === undefined
      ? {}
      : { threads: wholeNumber("--threads", flags.threads, 1, 1024) }),
  };
  if (chain !== undefined && flags.permute !== undefined) {
    const { matrix, names, ...found } = await factorizePermuted(
      padMatrix(values, size, chain),
      chain,
      {
        ...options,
        tree,
        ...(flags.permute === true
          ? {}
          : { search: { trials: wholeNumber("--permute", flags.permute, 1, 1e9), seed: 0 } }),
      },
    );
    return { found: { ...found, matrix: matrix.matrix }, permuted: { matrix, names } };
  }
  if (chain !== undefined) {
    const padded = padMatrix(values, size, chain);
    return { found: await factorize(padded, chain, { ...options, tree }) };
  }
  const { best, ...search } = await searchChains(values, rows, cols, {
    timeLimit: TIME_LIMIT,
    pad: true,
    ...options,
    ...limits,
    onFront,
    onBest,
  });
  if (best !== undefined) return { found: best, search };
  const { front, isCutShort } = search;
  const nearest = front.at(-1);
  throw new PapilioError(
    "CHAIN_NOT_FOUND",
    nearest === undefined
      ? `No chain was tried: none for ${rows} x ${cols} has fewer values than ${maxParams === undefined ? "the matrix" : `${maxParams} of those of the matrix`}.`
      : `None of the chains that were tried is within the limits; the nearest one has an error of ${nearest.error.toPrecision(3)}.`,
    isCutShort
      ? "There was no time for all of them: give a longer --time-limit, or allow a larger error."
      : nearest === undefined
        ? "Allow more parameters, or pad the matrix to a size with more divisors."
        : "Allow more parameters or a larger error.",
  );
}

function chainOf({ chain, rank }: FactorizationFlags, rows: number, cols: number): Chain {
  return chainFor(chain, rows, cols, wholeNumber("--rank", rank, 1, 2 ** 20));
}

/** The factors after refinement, and the errors on its way; as they are without. */
export async function refineAs(
  { values, rows, cols }: AnyMatrixFile,
  start: AnyButterfly,
  { refine: sweeps, inputs }: FactorizationFlags,
  signal: AbortSignal,
  onSweep: (butterfly: AnyButterfly, errors: readonly number[]) => Promise<void>,
): Promise<{ butterfly: AnyButterfly; errors: readonly number[] | undefined }> {
  if (sweeps === undefined && inputs === undefined) return { butterfly: start, errors: undefined };
  if ("re" in values) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--refine works with real matrices, and this one is complex.",
      "Leave it out.",
    );
  }
  // The first step of a refinement may take long.
  await onSweep(start, []);
  const soFar: number[] = [];
  const size = { rows, cols };
  const padded = padMatrix(values, size, start.chain);
  const { matrix, errors } = await refine(padded, start as Butterfly, {
    signal,
    ...(typeof sweeps === "string" ? { sweeps: wholeNumber("--refine", sweeps, 0, 10_000) } : {}),
    ...(inputs === undefined ? {} : { inputs: await readInputs(inputs, cols, start.chain.cols) }),
    onProgress: (error, _, refined) => {
      soFar.push(error);
      return onSweep(refined, [...soFar]);
    },
  });
  return { butterfly: matrix, errors };
}

/** Vectors `[samples, cols]` as columns, with zeros up to `padded` features. */
async function readInputs(file: string, cols: number, padded: number): Promise<Float32Array> {
  const { values, rows, cols: length } = await readMatrix(file, undefined, "float32");
  if ("re" in values || length !== cols) {
    throw new PapilioError(
      "TENSOR_SHAPE",
      `The inputs are ${"re" in values ? "complex" : `of ${length} features`}, but the matrix takes ${cols} real ones.`,
      `Give a matrix of [samples, ${cols}].`,
    );
  }
  return Float32Array.from({ length: rows * padded }, (_, index) => {
    const [feature, sample] = [Math.floor(index / rows), index % rows];
    return feature < cols ? (values[sample * cols + feature] as number) : 0;
  });
}
