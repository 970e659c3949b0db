import {
  type AnyButterfly,
  type Butterfly,
  type CompiledMatrix,
  type Complex,
  ComplexButterfly,
  compile,
  PapilioError,
  type PermutedButterfly,
  type Place,
  reference,
} from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { padMatrix } from "@papilio/butterfly/factorization";
import { loadButterflies, readSafetensors } from "@papilio/butterfly/files";
import { type CpuReport, cpu } from "@papilio/cpu-runtime";
import { openGpu } from "@papilio/gpu-runtime/node";
import { Command } from "commander";
import { readBytes } from "../files/input-file.ts";
import { writeMarkedNpy } from "../files/marked-npy.ts";
import { type MatrixFile, readMatrix } from "../files/matrix-file.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { sizeWithoutPadding, withoutPadding } from "../files/padded-size.ts";
import { BACKEND_HELP, chooseBackend } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import type { Interruption } from "../process/interruption.ts";

interface Flags {
  readonly input: string;
  readonly tensor?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly name?: string;
  readonly backend: string;
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
    .option("--reference", "compute in double precision, slowly: the reference on the CPU")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .addHelpText(
      "after",
      `
Example:
  papilio multiply mlp.safetensors --input x.npy --out y.npy

${exitStatuses()}`,
    )
    .action((file: string, flags: Flags) => run(file, flags, interruption));
}

async function run(file: string, flags: Flags, interruption: Interruption): Promise<void> {
  const { out, force } = flags;
  const inputs = [file, flags.input];
  const outputs = await Outputs.open([{ path: out, writer: "papilio multiply" }], {
    inputs,
    force,
    interruption,
  });
  const opened = readSafetensors(await readBytes(file));
  const [name, butterfly] = pick(loadButterflies(opened), flags.name);
  const { rows, cols } = sizeWithoutPadding(opened.metadata, name, butterfly);
  const given = await readMatrix(flags.input, flags.tensor, "float32");
  if (given.cols !== cols) {
    throw new PapilioError(
      "TENSOR_SHAPE",
      `The vectors have ${given.cols} features, but the butterfly takes ${cols}.`,
      `Give vectors of [batch, ${cols}].`,
    );
  }
  const shape = { rows: given.rows, cols: butterfly.cols };
  const input = { ...given, ...shape, values: padMatrix(given.values, given, shape) };
  const complex = butterfly.matrix instanceof ComplexButterfly || "re" in input.values;
  const [y, where] = await multiplied(butterfly, input, complex, flags);
  const kept = withoutPadding(y, butterfly.rows, rows);
  await outputs.write([[out, writeMarkedNpy(kept, [input.rows, rows])]]);
  outputs.say(`${input.rows} x ${cols} to ${input.rows} x ${rows} on ${where}: ${out}`);
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

/** The product, and where it was computed. */
async function multiplied(
  butterfly: PermutedButterfly<AnyButterfly>,
  input: MatrixFile,
  complex: boolean,
  { reference: isReference, backend, adapter }: Flags,
): Promise<[MatrixFile["values"], string]> {
  if (isReference) {
    const [y] = await multiplyAt(reference, butterfly, input, complex);
    return [y, "the CPU, in double precision"];
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
  const [y, where] =
    choice.backend === "gpu"
      ? await onAdapter(butterfly, input, complex, adapter)
      : await onCpu(butterfly, input, complex);
  return [y, `${where} (${choice.reason})`];
}

/** The product, by the matrix as it is compiled for a place. */
async function multiplyAt<
  R extends CompiledMatrix,
  C extends CompiledMatrix<Complex>,
  O extends object,
>(
  place: Place<Float32Array, R, C, O>,
  butterfly: PermutedButterfly<AnyButterfly>,
  { values, rows }: MatrixFile,
  complex: boolean,
): Promise<[MatrixFile["values"], R | C]> {
  const shape = { batch: rows, layout: "batch-first" } as const;
  if (complex) {
    using weights = await compile(asComplex(butterfly), place);
    return [await weights.multiply(complexValues(values), shape), weights];
  }
  using weights = await compile(butterfly as PermutedButterfly<Butterfly>, place);
  return [await weights.multiply(values as Float32Array, shape), weights];
}

async function onCpu(
  butterfly: PermutedButterfly<AnyButterfly>,
  input: MatrixFile,
  complex: boolean,
): Promise<[MatrixFile["values"], string]> {
  const [y, { report }] = await multiplyAt(cpu(), butterfly, input, complex);
  return [y, describeCpu(report)];
}

function describeCpu({ kernel, threads, reason }: CpuReport): string {
  const how =
    kernel === "reference"
      ? "the reference multiplication"
      : `WebAssembly with ${kernel} SIMD, ${threads} ${threads === 1 ? "thread" : "threads"}`;
  return `the CPU: ${how}${reason === undefined ? "" : `; ${reason}`}`;
}

async function onAdapter(
  butterfly: PermutedButterfly<AnyButterfly>,
  input: MatrixFile,
  complex: boolean,
  adapter: string,
): Promise<[MatrixFile["values"], string]> {
  using gpu = await openGpu({ adapter });
  const [y] = await multiplyAt(gpu, butterfly, input, complex);
  return [y, gpu.report.name];
}

function asComplex(
  butterfly: PermutedButterfly<AnyButterfly>,
): PermutedButterfly<ComplexButterfly> {
  return butterfly.map((matrix) =>
    matrix instanceof ComplexButterfly
      ? (matrix as ComplexButterfly)
      : ComplexButterfly.fromReal(matrix as Butterfly),
  );
}

function complexValues(values: MatrixFile["values"]): Complex {
  return "re" in values ? values : { re: values, im: new Float32Array(values.length) };
}
