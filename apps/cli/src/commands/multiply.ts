import {
  type AnyButterfly,
  type Butterfly,
  type CompiledMatrix,
  type Complex,
  ComplexButterfly,
  compile,
  type FloatArray,
  PapilioError,
  type PermutedButterfly,
  type Place,
  reference,
} from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { padMatrix } from "@papilio/butterfly/factorization";
import { loadButterflies, readSafetensors } from "@papilio/butterfly/files";
import {
  FEW_BITS,
  type FewBits,
  type FloatType,
  fewBitsOf,
  requireStorable,
} from "@papilio/butterfly/numeric";
import { type CpuDtype, type CpuPlace, type CpuReport, cpu } from "@papilio/cpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { Command } from "commander";
import { readBytes } from "../files/input-file.ts";
import { writeMarkedNpy } from "../files/marked-npy.ts";
import { type MatrixFile, readMatrix } from "../files/matrix-file.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { sizeWithoutPadding, withoutPadding } from "../files/padded-size.ts";
import { BACKEND_HELP, chooseBackend } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { oneOf } from "../flags/options.ts";
import { fewBitsProduct } from "../models/few-bits-product.ts";
import type { Interruption } from "../process/interruption.ts";

interface Flags {
  readonly input: string;
  readonly tensor?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly name?: string;
  readonly backend: string;
  readonly dtype: string;
  readonly reference?: boolean;
  readonly adapter: string;
}

/** `papilio multiply`: vectors by a butterfly of a file. */
export function multiplyCommand(interruption: Interruption): Command {
  return new Command("multiply")
    .description("Multiply vectors by a butterfly matrix of a file.")
    .argument("<file>", "a safetensors file that papilio factorize wrote")
    .requiredOption(
      "--input <file>",
      "vectors [batch, cols]: npy, safetensors, Matrix Market or csv",
    )
    .option("--tensor <name>", "which tensor of the input file")
    .requiredOption("--out <file>", "where the products [batch, rows] go, as npy")
    .option("--force", FORCE_HELP)
    .option("--name <name>", "which butterfly of the file; needed where there are several")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option(
      "--dtype <type>",
      `how factors are stored: f32, or real ones in few bits: ${FEW_BITS.join(", ")}`,
      "f32",
    )
    .option("--reference", "compute in double precision, slowly: the reference on the CPU")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .addHelpText(
      "after",
      `
Examples:
  papilio multiply mlp.safetensors --input x.npy --out y.npy
  papilio multiply mlp-q4.safetensors --input x.npy --dtype q4 --out y.npy

Vectors in 64-bit floating-point numbers, whole numbers or text are multiplied in double
precision, on the CPU, unless --backend gpu, an adapter or few bits are asked for; products are written in
the precision in which they were computed.

${exitStatuses()}`,
    )
    .action((file: string, flags: Flags) => run(file, flags, interruption));
}

async function run(file: string, flags: Flags, interruption: Interruption): Promise<void> {
  const { out, force } = flags;
  fewBitsAsked(flags);
  const inputs = [file, flags.input];
  const outputs = await Outputs.open([{ path: out, writer: "papilio multiply" }], {
    inputs,
    force,
    interruption,
  });
  const opened = readSafetensors(await readBytes(file));
  const given = await readMatrix(flags.input, flags.tensor, "float64");
  const precision = precisionOf(given, flags);
  const [name, butterfly] = pick(loadButterflies(opened, precision), flags.name);
  const { rows, cols } = sizeWithoutPadding(opened.metadata, name, butterfly);
  if (given.cols !== cols) {
    throw new PapilioError(
      "TENSOR_SHAPE",
      `The vectors have ${given.cols} features, but the butterfly takes ${cols}.`,
      `Give vectors of [batch, ${cols}].`,
    );
  }
  const shape = { rows: given.rows, cols: butterfly.cols };
  const padded = padMatrix(given.values, given, shape);
  const values = precision === "float64" ? padded : inSingle(padded);
  const complex = butterfly.matrix instanceof ComplexButterfly || "re" in values;
  const [y, where] = await multiplied(butterfly, { ...shape, values, precision }, complex, flags);
  const kept = withoutPadding(y, butterfly.rows, rows);
  await outputs.write([[out, writeMarkedNpy(kept, [given.rows, rows])]]);
  outputs.say(`${given.rows} x ${cols} to ${given.rows} x ${rows} on ${where}: ${out}`);
}

type Numbers = FloatArray | Complex<FloatArray>;

/** Vectors, in the precision in which they are multiplied. */
interface Vectors {
  readonly rows: number;
  readonly precision: FloatType;
  readonly values: Numbers;
}

/** That of the vectors in their file, but single where an adapter, or few bits, are asked for. */
function precisionOf({ precision }: MatrixFile<"float64">, flags: Flags): FloatType {
  if (fewBitsAsked(flags) !== undefined) return "float32";
  const { reference: isReference, backend, adapter } = flags;
  const isOnCpu = isReference || backend === "cpu" || (backend === "auto" && adapter === "auto");
  return isOnCpu ? precision : "float32";
}

/** @throws PapilioError `VALUE_RANGE` for a number that single precision does not hold */
function inSingle(values: Numbers): Numbers {
  const round = (part: FloatArray): Float32Array => {
    requireStorable(part, "F32", "The vectors");
    return Float32Array.from(part);
  };
  return "re" in values ? { re: round(values.re), im: round(values.im) } : round(values);
}

function pick(
  butterflies: ReadonlyMap<string, PermutedButterfly<AnyButterfly>>,
  name: string | undefined,
): readonly [string, PermutedButterfly<AnyButterfly>] {
  const [first, ...others] = butterflies.keys();
  const chosen = name ?? (others.length === 0 ? (first ?? "") : "");
  const found = butterflies.get(chosen);
  if (found !== undefined) return [chosen, found];
  throw new PapilioError(
    "TENSOR_MISSING",
    `The file has ${butterflies.size} butterflies${name === undefined ? "" : `, none of them named ${describeValue(name)}`}.`,
    butterflies.size === 0
      ? "Give a file that papilio factorize wrote."
      : `Name one with --name: ${[...butterflies.keys()].slice(0, 8).join(", ")}.`,
  );
}

/** The type of few bits that is asked for. @throws PapilioError `FLAG_INVALID` where nothing computes in it */
function fewBitsAsked({ dtype, reference: isReference }: Flags): FewBits | undefined {
  const found = fewBitsOf(oneOf("--dtype", dtype, ["f32", ...FEW_BITS]));
  if (found === undefined || !isReference) return found;
  throw new PapilioError(
    "FLAG_INVALID",
    `--dtype is ${found}, but the reference computes in double precision.`,
    "Leave out --dtype, or --reference.",
  );
}

/** The product, and where it was computed. */
async function multiplied(
  butterfly: PermutedButterfly<AnyButterfly>,
  input: Vectors,
  complex: boolean,
  flags: Flags,
): Promise<[Numbers, string]> {
  const { reference: isReference, backend, adapter } = flags;
  const few = fewBitsAsked(flags);
  if (few !== undefined) {
    if (complex) {
      throw new PapilioError(
        "FLAG_INVALID",
        `--dtype is ${few}, but the butterfly or the vectors are complex.`,
        "Leave out --dtype.",
      );
    }
    const real = butterfly as PermutedButterfly<Butterfly>;
    const values = input.values as Float32Array;
    const asked = { adapter, backend, dtype: few };
    const { y, where } = await fewBitsProduct(real, values, input.rows, asked);
    return [y, where];
  }
  if (isReference) {
    const [y] = await multiplyAt(reference, butterfly, input, complex);
    return [y, "the CPU, in double precision"];
  }
  if (input.precision === "float64") {
    const how = backend === "auto" ? "vectors in double precision" : `--backend ${backend}`;
    return onCpu(cpu({ dtype: "f64" }), butterfly, input, complex, how);
  }
  const choice = await chooseBackend(backend, adapter, {
    products: [
      {
        chain: butterfly.matrix.chain,
        batch: input.rows,
        dtype: "f32",
        layout: "batch-first",
        parts: complex ? 2 : 1,
      },
    ],
  });
  if (choice.backend === "cpu") return onCpu(cpu(), butterfly, input, complex, choice.reason);
  using gpu = await openGpu({ adapter });
  const [y] = await multiplyAt(gpu, butterfly, input, complex);
  return [y, `${gpu.report.name} (${choice.reason})`];
}

/** The product, by the matrix as it is compiled for a place. */
async function multiplyAt<
  V extends FloatArray,
  R extends CompiledMatrix<unknown>,
  C extends CompiledMatrix<unknown>,
  O extends object,
>(
  place: Place<V, R, C, O>,
  butterfly: PermutedButterfly<AnyButterfly>,
  { values, rows }: Vectors,
  complex: boolean,
): Promise<[Numbers, R | C]> {
  const shape = { batch: rows, layout: "batch-first" } as const;
  if (complex) {
    const matrix = asComplex(butterfly) as PermutedButterfly<ComplexButterfly<V>>;
    using weights = await compile(matrix, place);
    return [(await weights.multiply(complexValues(values), shape)) as Numbers, weights];
  }
  using weights = await compile(butterfly as PermutedButterfly<Butterfly<V>>, place);
  return [(await weights.multiply(values, shape)) as Numbers, weights];
}

async function onCpu(
  place: CpuPlace<CpuDtype>,
  butterfly: PermutedButterfly<AnyButterfly>,
  input: Vectors,
  complex: boolean,
  reason: string,
): Promise<[Numbers, string]> {
  const [y, { report }] = await multiplyAt(place, butterfly, input, complex);
  return [y, `${describeCpu(report)} (${reason})`];
}

function describeCpu({ kernel, threads, reason }: CpuReport): string {
  const how =
    kernel === "reference"
      ? "the reference multiplication"
      : `WebAssembly with ${kernel} SIMD, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  return `the CPU: ${how}${reason === undefined ? "" : `; ${reason}`}`;
}

function asComplex(
  butterfly: PermutedButterfly<AnyButterfly>,
): PermutedButterfly<ComplexButterfly<FloatArray>> {
  return butterfly.map((matrix) =>
    matrix instanceof ComplexButterfly
      ? matrix
      : ComplexButterfly.fromReal(matrix as Butterfly<FloatArray>),
  );
}

function complexValues(values: Numbers): Complex<FloatArray> {
  if ("re" in values) return values;
  return { re: values, im: values.map(() => 0) };
}
