import type { AnyButterfly, Chain, PermutedButterfly } from "@papilio/butterfly";
import {
  type ChainPoint,
  type Factorization,
  NAMED_TREES,
  padMatrix,
  relativeError,
} from "@papilio/butterfly/factorization";
import { loadButterflies, saveButterflies } from "@papilio/butterfly/files";
import { openGpu } from "@papilio/gpu-runtime/node";
import { measureRates } from "@papilio/gpu-runtime/planning";
import { Command } from "commander";
import { inOwnPrecision, readMatrix } from "../files/matrix-file.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { sizeMetadata } from "../files/padded-size.ts";
import { FACTORIZE_METADATA } from "../files/recognize-output.ts";
import { bestAdapter } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { oneOf, wholeNumber } from "../flags/options.ts";
import { measureSpeedUp, predictSpeedUp, type SpeedUp } from "../machine/speed-up.ts";
import type { Interruption } from "../process/interruption.ts";
import type { Shown, Work } from "../process/kept.ts";
import {
  type FactorizationReport,
  renderFactorization,
  renderFront,
} from "../render/render-factorization.ts";
import {
  type AnyMatrixFile,
  type FactorizationFlags,
  factorizeAs,
  refineAs,
  TIME_LIMIT,
} from "./find-butterfly.ts";

interface Flags extends FactorizationFlags {
  readonly tensor?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly name?: string;
  readonly dtype?: string;
  readonly batch: string;
  readonly measure?: boolean;
  readonly adapter: string;
  readonly json?: boolean;
}

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
    .option(
      "--max-error <error>",
      "with --chain auto: largest relative error, of the numbers as they are stored",
    )
    .option(
      "--time-limit <seconds>",
      `with --chain auto: how long to search; ${TIME_LIMIT} seconds unless given`,
    )
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
  const matrix = inOwnPrecision(await readMatrix(file, flags.tensor, "float64"));
  const dtype = asked ?? (isSingle(matrix) ? "F32" : "F64");
  const name = flags.name ?? matrix.name;
  const start = performance.now();
  const bytesOf = (butterfly: Saved): Uint8Array => {
    const { chain } = "matrix" in butterfly ? butterfly.matrix : butterfly;
    const metadata = { ...FACTORIZE_METADATA, ...sizeMetadata(name, matrix, chain) };
    return saveButterflies({ [name]: butterfly }, { dtype, metadata });
  };
  const storedErrorOf = (butterfly: Saved): Promise<number> =>
    errorOf(bytesOf(butterfly), name, matrix, signal);
  const storedOf = async (butterfly: Saved): Promise<State["stored"]> =>
    out === undefined ? undefined : { dtype, error: await storedErrorOf(butterfly) };
  let saved: AnyButterfly | undefined;
  const workOf = (result: Result, state: State, stopped?: string): Work => {
    const { butterfly } = state;
    const { found, search, permuted } = result;
    const seconds = (performance.now() - start) / 1000;
    const report = { ...state, matrix, found, names: permuted?.names, search, seconds, out };
    return {
      show: () => outputs.shown(textOf(report, flags), stopped),
      save: async (last) => {
        if (out === undefined || saved === butterfly) return;
        const bytes = bytesOf(permuted?.matrix ?? butterfly);
        if (await outputs.save(out, bytes, last)) saved = butterfly;
      },
    };
  };
  let front: readonly ChainPoint[] = [];
  let best: Factorization<AnyButterfly> | undefined;
  // The best by now with the chains by now; the chains alone while there is no best.
  const keepSearch = async (): Promise<void> => {
    if (best === undefined) {
      await interruption.keep({ show: () => frontSoFar(front, flags) });
      return;
    }
    const search = { front, seconds: (performance.now() - start) / 1000, isCutShort: true };
    const state = { ...UNKNOWN, butterfly: best.matrix, stored: await storedOf(best.matrix) };
    const stopped = "Stopped in the search; the factors are the best found by now.";
    await interruption.keep(workOf({ found: best, search }, state, stopped));
  };
  const result = await factorizeAs(matrix, flags, signal, {
    errorOf: storedErrorOf,
    onFront: async (points) => {
      front = points;
      await keepSearch();
    },
    onBest: async (found) => {
      best = found;
      await keepSearch();
    },
  });
  const { found, permuted } = result;
  const work = (state: State, stopped?: string): Work => workOf(result, state, stopped);
  const onSweep = (butterfly: AnyButterfly, errors: readonly number[]): Promise<void> => {
    const sweeps = Math.max(0, errors.length - 1);
    const stopped = `Stopped in the refinement; the factors are those after ${sweeps} sweeps.`;
    const refined = sweeps === 0 ? undefined : errors;
    const state = { ...UNKNOWN, butterfly, errors: refined };
    return interruption.keep(work(state, stopped));
  };
  const { butterfly, errors } = await refineAs(matrix, found.matrix, flags, signal, onSweep);
  const stored = await storedOf(permuted?.matrix ?? butterfly);
  const state = { butterfly, errors, stored, speedUp: undefined };
  await interruption.keep(work(state, "Stopped before the speed-up was known."));
  const speedUp = await speedUpOn(flags, butterfly.chain, batch);
  await interruption.finish(work({ ...state, speedUp }));
}

/** A butterfly as it is written. */
type Saved = AnyButterfly | PermutedButterfly<AnyButterfly>;

type Result = Awaited<ReturnType<typeof factorizeAs>>;

/** What is found out last. */
const UNKNOWN = { errors: undefined, stored: undefined, speedUp: undefined } as const;

/** What was found by now. */
type State = Pick<FactorizationReport, "butterfly" | "errors" | "stored" | "speedUp">;

function frontSoFar(front: readonly ChainPoint[], { json }: Flags): Shown {
  const stdout = json ? JSON.stringify({ front: pointsOf(front) }, null, 2) : renderFront(front);
  const stderr =
    "Stopped in the search; these are the chains found by now. --chain with one of them factorizes by it.";
  return { stdout, stderr };
}

function pointsOf(front: readonly ChainPoint[]): object[] {
  return front.map((point) => ({ ...point, chain: point.chain.toString() }));
}

function textOf(report: FactorizationReport, { json }: Flags): string {
  const { search } = report;
  if (!json) {
    const table = search === undefined ? "" : `${renderFront(search.front)}\n\n`;
    return `${table}${renderFactorization(report)}`;
  }
  const { found, stored, butterfly, names, errors, speedUp, seconds } = report;
  const { chain } = butterfly;
  const { bounds } = found;
  // Of what was written, where anything was.
  const error = stored?.error ?? found.error;
  const points = search && pointsOf(search.front);
  const searched = search && { seconds: search.seconds, isCutShort: search.isCutShort };
  const { rows, cols } = report.matrix;
  const isPadded = chain.rows !== rows || chain.cols !== cols;
  const padded = isPadded ? { rows: chain.rows, cols: chain.cols } : undefined;
  const reported = {
    chain: chain.toString(),
    padded,
    nonZeros: chain.nonZeros,
    error,
    bounds,
    seconds,
  };
  return JSON.stringify(
    {
      ...reported,
      stored,
      permutations: names,
      refined: errors,
      speedUp,
      search: searched,
      front: points,
    },
    null,
    2,
  );
}

function isSingle({ values }: AnyMatrixFile): boolean {
  const some = "re" in values ? values.re : values;
  return some.BYTES_PER_ELEMENT === 4;
}

/** The error of the factors in a file, decoded in double precision. */
async function errorOf(
  bytes: Uint8Array,
  name: string,
  { values, rows, cols }: AnyMatrixFile,
  signal: AbortSignal,
): Promise<number> {
  const stored = loadButterflies(bytes, "float64").get(name) as PermutedButterfly<AnyButterfly>;
  const padded = padMatrix(values, { rows, cols }, stored.matrix.chain);
  return await relativeError(padded, stored, signal);
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
