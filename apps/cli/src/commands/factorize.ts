import {
  type AnyButterfly,
  type Butterfly,
  type Chain,
  PapilioError,
  type PermutedButterfly,
} from "@papilio/butterfly";
import {
  type ChainPoint,
  type Factorization,
  factorize,
  factorizePermuted,
  NAMED_TREES,
  type PermutedFactorization,
  refine,
  relativeError,
  searchChains,
} from "@papilio/butterfly/factorization";
import { loadButterflies, saveButterflies } from "@papilio/butterfly/files";
import { measureRates } from "@papilio/gpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { Command } from "commander";
import { type MatrixFile, narrowWhereExact, readMatrix } from "../files/matrix-file.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { FACTORIZE_METADATA } from "../files/recognize-output.ts";
import { bestAdapter } from "../flags/backend.ts";
import { chainFor } from "../flags/chain-choice.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { numberFrom, oneOf, wholeNumber } from "../flags/options.ts";
import { measureSpeedUp, predictSpeedUp, type SpeedUp } from "../machine/speed-up.ts";
import type { Interruption } from "../process/interruption.ts";
import { showShare } from "../render/progress.ts";
import {
  renderFactorization,
  renderFront,
  type StoredError,
} from "../render/render-factorization.ts";

interface Flags {
  readonly tensor?: string;
  readonly chain: string;
  readonly rank: string;
  readonly tree: string;
  readonly permute?: string | true;
  readonly maxParams?: string;
  readonly maxError?: string;
  readonly refine?: string | true;
  readonly inputs?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly name?: string;
  readonly dtype?: string;
  readonly threads?: string;
  readonly batch: string;
  readonly measure?: boolean;
  readonly adapter: string;
  readonly json?: boolean;
}

/** In single precision, or in double where the file has numbers that need it. */
type AnyMatrixFile = MatrixFile | MatrixFile<"float64">;

/** `papilio factorize`: the butterfly that is near to a matrix. */
export function factorizeCommand(interruption: Interruption): Command {
  return new Command("factorize")
    .description("Find the butterfly matrix that is nearest to a matrix, and how near it is.")
    .argument("<file>", "a safetensors, npy, Matrix Market or csv file; - for the standard input")
    .option("--tensor <name>", "which tensor of the file")
    .option(
      "--chain <chain>",
      'monarch, dyadic, auto, or patterns as "1,64,64,64;64,64,64,1"',
      "monarch",
    )
    .option("--rank <r>", "rank of the Monarch chain", "1")
    .option(
      "--tree <tree>",
      `in which order a chain is split: ${NAMED_TREES.join(", ")}`,
      "left-to-right",
    )
    .option(
      "--permute [trials]",
      "try permutations by name, such as bit reversal; then so many exchanges at random",
    )
    .option("--max-params <share>", "with --chain auto: most values, over those of the matrix")
    .option("--max-error <error>", "with --chain auto: largest relative error")
    .option("--refine [sweeps]", "alternating least squares after it, 20 sweeps unless given")
    .option(
      "--inputs <file>",
      "with --refine: vectors [samples, cols] that the errors are weighed by",
    )
    .option("--out <file>", "write the factors to a safetensors file")
    .option("--force", FORCE_HELP)
    .option("--name <name>", "name of the butterfly there; that of the tensor unless given")
    .option(
      "--dtype <type>",
      "how values are stored there: F64, F32, F16 or BF16; as precise as the matrix unless given",
    )
    .option("--threads <count>", "threads to work in; all processors unless given")
    .option("--batch <size>", "vectors at once, for the speed-up", "128")
    .option("--measure", "measure the speed-up, for a few seconds, besides predicting it")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--json", "print what was found as JSON")
    .addHelpText(
      "after",
      `
Examples:
  papilio factorize model.safetensors --tensor mlp.weight --chain monarch --out mlp.safetensors
  papilio factorize weights.npy --chain auto --max-params 0.25
  papilio factorize dft.npy --chain dyadic --permute
  papilio factorize weights.npy --chain "1,64,64,64;64,64,64,1" --refine --measure

${exitStatuses(undefined, "when no chain is within the limits")}`,
    )
    .action((file: string, flags: Flags) => run(file, flags, interruption));
}

async function run(file: string, flags: Flags, interruption: Interruption): Promise<void> {
  const { out, inputs, force } = flags;
  const outputs = await Outputs.open(
    out === undefined ? [] : [{ path: out, writer: "papilio factorize" }],
    { inputs: [file, inputs], force, interruption },
  );
  const asked =
    flags.dtype === undefined
      ? undefined
      : oneOf("--dtype", flags.dtype, ["F64", "F32", "F16", "BF16"]);
  const batch = wholeNumber("--batch", flags.batch, 1, 2 ** 20);
  const { signal } = interruption;
  const matrix = narrowWhereExact(await readMatrix(file, flags.tensor, "float64"));
  const dtype = asked ?? (isSingle(matrix) ? "F32" : "F64");
  const start = performance.now();
  const { found, front, permuted } = await factorizeAs(matrix, flags, signal);
  const { butterfly, errors } = await refineAs(matrix, found.matrix, flags, signal);
  const seconds = (performance.now() - start) / 1000;
  let stored: StoredError | undefined;
  if (out !== undefined) {
    const name = flags.name ?? matrix.name;
    const saved = permuted?.matrix ?? butterfly;
    const bytes = saveButterflies({ [name]: saved }, { dtype, metadata: FACTORIZE_METADATA });
    stored = { dtype, error: await errorOf(bytes, name, matrix, signal) };
    await outputs.write([[out, bytes]]);
  }
  const speedUp = await speedUpOn(flags, butterfly.chain, batch);
  const names = permuted?.names;
  const report = { matrix, found, stored, butterfly, names, errors, speedUp, seconds, out };
  if (flags.json) {
    const { chain } = butterfly;
    const { bounds } = found;
    // Of what was written, where anything was.
    const error = stored?.error ?? found.error;
    const points = front?.map((point) => ({ ...point, chain: point.chain.toString() }));
    const reported = { chain: chain.toString(), nonZeros: chain.nonZeros, error, bounds, seconds };
    outputs.say(
      JSON.stringify(
        { ...reported, stored, permutations: names, refined: errors, speedUp, front: points },
        null,
        2,
      ),
    );
  } else {
    if (front !== undefined) outputs.say(`${renderFront(front)}\n`);
    outputs.say(renderFactorization(report));
  }
}

function isSingle({ values }: AnyMatrixFile): boolean {
  const some = "re" in values ? values.re : values;
  return some.BYTES_PER_ELEMENT === 4;
}

/** The error of the factors in a file, decoded in double precision. */
async function errorOf(
  bytes: Uint8Array,
  name: string,
  { values }: AnyMatrixFile,
  signal: AbortSignal,
): Promise<number> {
  const stored = loadButterflies(bytes, "float64").get(name) as PermutedButterfly<AnyButterfly>;
  return await relativeError(values, stored, signal);
}

/**
 * The speed-up in the place in which the chain is faster, or on the adapter that was named: predicted
 * without opening it, or measured.
 */
async function speedUpOn(
  { adapter, measure = false }: Flags,
  chain: Chain,
  batch: number,
): Promise<SpeedUp> {
  const only = adapter === "auto" ? undefined : "gpu";
  if (!measure && only === undefined) {
    return predictSpeedUp({ adapter: await bestAdapter() }, chain, batch);
  }
  using gpu = await openGpu({ adapter });
  if (measure) return await measureSpeedUp(gpu, chain, batch, only);
  const machine = { adapter: gpu.report, rates: await measureRates(gpu) };
  return predictSpeedUp(machine, chain, batch, { only });
}

interface Found {
  readonly found: Factorization<AnyButterfly>;
  /** Where a chain was searched for. */
  readonly front?: readonly ChainPoint[];
  /** Where permutations were tried. */
  readonly permuted?: Pick<PermutedFactorization<AnyButterfly>, "matrix" | "names">;
}

async function factorizeAs(
  { values, rows, cols }: AnyMatrixFile,
  flags: Flags,
  signal: AbortSignal,
): Promise<Found> {
  const { chain: text, maxParams, maxError } = flags;
  const limits = {
    ...(maxParams === undefined
      ? {}
      : { maxParameters: numberFrom("--max-params", maxParams, 0, 1) }),
    ...(maxError === undefined ? {} : { maxError: numberFrom("--max-error", maxError, 0, 1) }),
  };
  if (text !== "auto" && Object.keys(limits).length > 0) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--max-params and --max-error go with --chain auto.",
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
  const options = {
    signal,
    onProgress: (share: number) => shown.update(share),
    ...(flags.threads === undefined
      ? {}
      : { threads: wholeNumber("--threads", flags.threads, 1, 1024) }),
  };
  if (chain !== undefined && flags.permute !== undefined) {
    const { matrix, names, ...found } = await factorizePermuted(values, chain, {
      ...options,
      tree,
      ...(flags.permute === true
        ? {}
        : { search: { trials: wholeNumber("--permute", flags.permute, 1, 1e9), seed: 0 } }),
    });
    return { found: { ...found, matrix: matrix.matrix }, permuted: { matrix, names } };
  }
  if (chain !== undefined) return { found: await factorize(values, chain, { ...options, tree }) };
  const { best, front } = await searchChains(values, rows, cols, {
    ...options,
    ...limits,
  });
  if (best !== undefined) return { found: best, front };
  const nearest = front.at(-1);
  throw new PapilioError(
    "CHAIN_NOT_FOUND",
    nearest === undefined
      ? `No chain was tried: none for ${rows} x ${cols} has fewer values than ${maxParams === undefined ? "the matrix" : `${maxParams} of those of the matrix`}.`
      : `None of the chains that were tried is within the limits; the nearest one has an error of ${nearest.error.toPrecision(3)}.`,
    nearest === undefined
      ? "Allow more parameters, or pad the matrix to a size with more divisors."
      : "Allow more parameters or a larger error.",
  );
}

function chainOf({ chain, rank }: Flags, rows: number, cols: number): Chain {
  return chainFor(chain, rows, cols, wholeNumber("--rank", rank, 1, 2 ** 20));
}

/** The factors after refinement, and the errors on its way; as they are without. */
async function refineAs(
  { values, cols }: AnyMatrixFile,
  start: AnyButterfly,
  { refine: sweeps, inputs }: Flags,
  signal: AbortSignal,
): Promise<{ butterfly: AnyButterfly; errors: readonly number[] | undefined }> {
  if (sweeps === undefined && inputs === undefined) return { butterfly: start, errors: undefined };
  if ("re" in values) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--refine works with real matrices, and this one is complex.",
      "Leave it out.",
    );
  }
  const { matrix, errors } = await refine(values, start as Butterfly, {
    signal,
    ...(typeof sweeps === "string" ? { sweeps: wholeNumber("--refine", sweeps, 0, 10_000) } : {}),
    ...(inputs === undefined ? {} : { inputs: await readInputs(inputs, cols) }),
  });
  return { butterfly: matrix, errors };
}

/** Vectors `[samples, cols]` as columns. */
async function readInputs(file: string, cols: number): Promise<Float32Array> {
  const { values, rows, cols: length } = await readMatrix(file, undefined, "float32");
  if ("re" in values || length !== cols) {
    throw new PapilioError(
      "TENSOR_SHAPE",
      `The inputs are ${"re" in values ? "complex" : `of ${length} features`}, but the matrix takes ${cols} real ones.`,
      `Give a matrix of [samples, ${cols}].`,
    );
  }
  return Float32Array.from(values, (_, index) => {
    const [feature, sample] = [Math.floor(index / rows), index % rows];
    return values[sample * cols + feature] as number;
  });
}
