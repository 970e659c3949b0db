import { PapilioError } from "@papilio/butterfly";
import { FEW_BITS } from "@papilio/butterfly/numeric";
import { loadStateDict } from "@papilio/nn/node";
import { Command } from "commander";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { QUANTIZE_METADATA } from "../files/recognize-output.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { numberFrom, oneOf } from "../flags/options.ts";
import { type QuantizedState, quantizeState } from "../models/quantize-state.ts";
import type { Interruption } from "../process/interruption.ts";
import { newTable } from "../render/new-table.ts";

interface Flags {
  readonly dtype: string;
  readonly maxError?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `papilio quantize`: weights in few bits, and what that costs. */
export function quantizeCommand(interruption: Interruption): Command {
  return new Command("quantize")
    .description("Store the matrices of a model, or the factors of butterflies, in few bits.")
    .argument("<model>", "a safetensors file, or a folder with safetensors files")
    .requiredOption("--dtype <type>", `how they are stored: ${FEW_BITS.join(", ")}`)
    .option("--max-error <error>", "largest relative error of a matrix; none unless given")
    .requiredOption("--out <file>", "the safetensors file with all tensors")
    .option("--force", FORCE_HELP)
    .option("--json", "print the errors and sizes as JSON")
    .addHelpText(
      "after",
      `
Matrices and the factors of butterflies are rounded to the nearest, 32 weights along a row to a scale; biases,
norms and tables of positions stay as they are. A file for a model goes beside its config.json; papilio generate,
run and classify read it, and with --dtype q8 or q4 they keep the same weights in memory.

Examples:
  papilio quantize mlp.safetensors --dtype q4 --out mlp-q4.safetensors
  papilio quantize gpt2 --dtype q8 --max-error 0.01 --out gpt2-q8/model.safetensors

${exitStatuses()}`,
    )
    .action((path: string, flags: Flags) => quantize(path, flags, interruption));
}

async function quantize(path: string, flags: Flags, interruption: Interruption): Promise<void> {
  const dtype = oneOf("--dtype", flags.dtype, FEW_BITS);
  const most =
    flags.maxError === undefined ? undefined : numberFrom("--max-error", flags.maxError, 0, 1);
  const { out, force } = flags;
  const outputs = await Outputs.open([{ path: out, writer: "papilio quantize" }], {
    inputs: [path],
    force,
    interruption,
  });
  const { signal } = interruption;
  const state = await loadStateDict(path, { onDemand: true, signal });
  const found = quantizeState(state, dtype, { metadata: QUANTIZE_METADATA, signal });
  if (found.matrices.length === 0) {
    throw new PapilioError(
      "MODEL_KIND",
      `There is no matrix among the ${state.size} tensors of ${path}.`,
      "Give a model with weights of two axes, or butterflies as papilio factorize writes them.",
    );
  }
  const worst = found.matrices.reduce((a, b) => (b.error > a.error ? b : a));
  if (most !== undefined && worst.error > most) {
    throw new PapilioError(
      "QUANTIZE_ERROR",
      `The relative error of ${worst.name} in ${dtype} is ${worst.error.toPrecision(4)}, more than ${most}.`,
      "Use more bits, or allow a larger error with --max-error.",
    );
  }
  await outputs.write([[out, found.file]]);
  outputs.say(flags.json ? jsonOf(found, { dtype, out }) : tableOf(found, out));
}

/** Bytes of float32 over those of few bits: what a product that is bound by memory gains at most. */
function gainOf({ matrices }: QuantizedState): number {
  const before = matrices.reduce((sum, { weights }) => sum + 4 * weights, 0);
  return before / matrices.reduce((sum, { bytes }) => sum + bytes, 0);
}

function jsonOf(found: QuantizedState, facts: Readonly<Record<string, string>>): string {
  const { matrices, file, bytesBefore } = found;
  const bytes = { before: bytesBefore, after: file.length };
  return JSON.stringify({ ...facts, bytes, speedUpByBytes: gainOf(found), matrices }, null, 2);
}

function tableOf(found: QuantizedState, out: string): string {
  const table = newTable(["matrix", "shape", "relative error", "bytes before", "bytes"]);
  for (const { name, shape, error, bytesBefore, bytes } of found.matrices) {
    table.push([name, `[${shape.join(", ")}]`, error.toPrecision(4), bytesBefore, bytes]);
  }
  const lines = [
    table.toString(),
    "",
    `Tensors of ${found.bytesBefore} bytes, in a file of ${found.file.length}: ${out}`,
    `A product that is bound by memory is at most ${gainOf(found).toFixed(1)} times as fast as in float32.`,
  ];
  return lines.join("\n");
}
