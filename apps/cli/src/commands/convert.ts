import { PapilioError } from "@papilio/butterfly";
import { VALUES_LAYOUTS } from "@papilio/butterfly/files";
import { Command } from "commander";
import {
  type FoundButterflies,
  type FoundWeights,
  readButterflies,
} from "../conversion/read-butterflies.ts";
import { TARGETS, writeButterflies } from "../conversion/write-butterflies.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { oneOf } from "../flags/options.ts";
import type { Interruption } from "../process/interruption.ts";
import { newTable } from "../render/new-table.ts";

interface Flags {
  readonly as: string;
  readonly layout: string;
  readonly layoutTo?: string;
  readonly decreasingStride?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `papilio convert`: butterflies of other systems to this one, and back. */
export function convertCommand(interruption: Interruption): Command {
  return new Command("convert")
    .description(
      "Convert butterflies of other systems to those read here, and the other way round.",
    )
    .argument(
      "<files...>",
      "what is converted, a safetensors file or folder, or a npy file for each factor from the left; then the file to write",
    )
    .option("--as <target>", `what is written: ${TARGETS.join(", ")}`, "butterflies")
    .option("--layout <axes>", `the order of axes of values: ${VALUES_LAYOUTS.join(", ")}`, "abcd")
    .option("--layout-to <axes>", "the same of values that are written; as they were unless given")
    .option("--decreasing-stride", "of twiddles: pairs are farthest apart in the first level")
    .option("--force", FORCE_HELP)
    .option("--json", "print what was found as JSON")
    .addHelpText(
      "after",
      `
What is found, and said:
  NAME.factors.0, ...                   butterflies of this project
  NAME.blkdiag1, NAME.blkdiag2          Monarch layers, block-diagonal [blocks, out, in], as of M2-BERT
  NAME.twiddle                          butterfly layers of torch_butterfly, real or complex, also with blocks
  values of four axes                   Kronecker-sparse factors of lazylinop ([a, b, c, d]) and ksmm; NAME.0, NAME.1, ...
                                        are the factors of a chain, the left-most first
Other tensors of a safetensors file are kept as they are.

Examples:
  papilio convert monarch.safetensors butterflies.safetensors
  papilio convert factor0.npy factor1.npy butterfly.safetensors
  papilio convert butterfly.safetensors values.safetensors --as values --layout-to adcb

${exitStatuses()}`,
    )
    .action((files: string[], flags: Flags) => run(files, flags, interruption));
}

async function run(
  files: readonly string[],
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  const inputs = files.slice(0, -1);
  const out = files.at(-1) as string;
  if (inputs.length === 0) {
    throw new PapilioError(
      "FLAG_INVALID",
      "There is a file to read, and none to write.",
      "Give both: papilio convert FROM TO.",
    );
  }
  const target = oneOf("--as", flags.as, TARGETS);
  const layout = oneOf("--layout", flags.layout, VALUES_LAYOUTS);
  const layoutTo = oneOf("--layout-to", flags.layoutTo ?? layout, VALUES_LAYOUTS);
  const increasingStride = !flags.decreasingStride;
  const options = { inputs, force: flags.force, interruption };
  const outputs = await Outputs.open([{ path: out, writer: "papilio convert" }], options);
  const found = await readButterflies(inputs, { layout, increasingStride });
  const bytes = writeButterflies(found, target, { layout: layoutTo, increasingStride });
  await outputs.write([[out, bytes]]);
  outputs.say(flags.json ? JSON.stringify(toReport(found), null, 2) : toTable(found));
}

interface Line {
  readonly name: string;
  readonly convention: string;
  readonly chain: string;
  readonly rows: number;
  readonly cols: number;
  readonly complex: boolean;
  readonly butterflies: number;
  readonly parameters: number;
}

function toLine({ name, convention, stacks }: FoundButterflies): Line {
  const all = stacks.flat().map(({ matrix }) => matrix);
  const [{ chain }] = all as [(typeof all)[number]];
  return {
    ...{ name, convention, chain: chain.toString(), rows: chain.rows, cols: chain.cols },
    complex: all.some((matrix) => "conjugate" in matrix),
    butterflies: all.length,
    parameters: all.reduce((sum, matrix) => sum + matrix.chain.nonZeros, 0),
  };
}

function toReport({ butterflies, others }: FoundWeights): object {
  return { butterflies: butterflies.map(toLine), others: others.length };
}

function toTable({ butterflies, others }: FoundWeights): string {
  const table = newTable(["name", "stored as", "chain", "size", "weights"]);
  for (const found of butterflies) {
    const { name, convention, chain, rows, cols, complex, butterflies, parameters } = toLine(found);
    const kind = `${convention}${complex ? ", complex" : ""}`;
    const count = butterflies === 1 ? "" : ` (${butterflies} of them)`;
    table.push([name, kind, `${chain}${count}`, `${rows} x ${cols}`, String(parameters)]);
  }
  const rest = others.length === 0 ? "" : `\n${others.length} other tensors were kept as they are.`;
  return `${table}${rest}`;
}
