import {
  type AnyButterfly,
  Chain,
  chainCost,
  PapilioError,
  type PermutedButterfly,
} from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import {
  checkMatrixMarket,
  fileKind,
  headOf,
  joinBytes,
  loadButterflies,
  type MatrixMarketHeader,
  readNpy,
  readSafetensors,
} from "@papilio/butterfly/files";
import { Command } from "commander";
import { readInput } from "../files/input-file.ts";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import type { Interruption } from "../process/interruption.ts";
import { drawSupports, supportsAsSvg } from "../render/draw-support.ts";
import { newTable } from "../render/new-table.ts";

interface Flags {
  readonly chain?: string;
  readonly svg?: string;
  readonly force?: boolean;
}

/** Tensors of a file that are listed, at most. */
const LISTED = 100;
/** Butterflies that are drawn, and factors of each, at most. */
const DRAWN = 20;

/** `papilio inspect`: what is in a file, and how its butterflies look. */
export function inspectCommand(interruption: Interruption): Command {
  return new Command("inspect")
    .description("Show what a file holds, and draw the supports of its butterflies.")
    .argument("[file]", "a safetensors, npy or Matrix Market file")
    .option("--chain <patterns>", "draw a chain instead, patterns separated by semicolons")
    .option("--svg <file>", "write the drawing of the first chain as a picture too")
    .option("--force", FORCE_HELP)
    .addHelpText(
      "after",
      `
Examples:
  papilio inspect mlp.safetensors
  papilio inspect --chain "1,2,2,8;2,2,2,4;4,2,2,2;8,2,2,1" --svg dyadic.svg

${exitStatuses()}`,
    )
    .action((file: string | undefined, flags: Flags) => run(file, flags, interruption));
}

async function run(
  file: string | undefined,
  { chain: text, svg, force }: Flags,
  interruption: Interruption,
): Promise<void> {
  if ((file === undefined) === (text === undefined)) {
    throw new PapilioError(
      "FLAG_INVALID",
      "Either a file or --chain is to be inspected.",
      "Give one of them.",
    );
  }
  const outputs = await Outputs.open(
    svg === undefined ? [] : [{ path: svg, writer: "papilio inspect" }],
    { inputs: [file], force, interruption },
  );
  const chains: Chain[] = [];
  if (text !== undefined) {
    const chain = Chain.parse(text);
    chains.push(chain);
    outputs.say(describeChain(chain));
  }
  if (file !== undefined) {
    const bytes = await readInput(file);
    const kind = fileKind(headOf(bytes))?.id;
    if (kind === "npy") {
      const { descr, shape } = readNpy(joinBytes(bytes));
      outputs.say(`${file}: an array of ${descr} with the shape [${shape.join(", ")}]`);
    } else if (kind === "matrix-market") {
      outputs.say(`${file}: ${describeMatrix(checkMatrixMarket(bytes))}`);
    } else {
      chains.push(...inspectSafetensors(joinBytes(bytes), outputs));
    }
  }
  if (svg === undefined) return;
  const [first] = chains;
  if (first === undefined) {
    throw new PapilioError("TENSOR_MISSING", "There is no chain to draw.", "Leave out --svg.");
  }
  await outputs.write([[svg, supportsAsSvg(first)]]);
}

function describeMatrix({ rows, cols, listed, ...matrix }: MatrixMarketHeader): string {
  const { format, field, symmetry } = matrix;
  const kind = `${symmetry === "general" ? "" : `${symmetry} `}${field}`;
  const entries = `${listed} entries ${format === "array" ? "in all" : "listed"}`;
  return `a ${kind} matrix of ${rows} x ${cols} in the Matrix Market format, ${entries}`;
}

/** Lists tensors and butterflies, and gives the chains of these. */
function inspectSafetensors(bytes: Uint8Array, outputs: Outputs): Chain[] {
  const opened = readSafetensors(bytes);
  const table = newTable(["tensor", "type", "shape", "bytes"]);
  const tensors = [...opened.tensors.values()];
  for (const { name, dtype, shape, bytes: data } of tensors.slice(0, LISTED)) {
    table.push([name, dtype, describeValue(shape), data.length]);
  }
  outputs.say(table.toString());
  if (tensors.length > LISTED) outputs.say(`and ${tensors.length - LISTED} more tensors`);
  const butterflies = loadButterflies(opened);
  for (const [name, butterfly] of [...butterflies].slice(0, DRAWN)) {
    outputs.say(`\n${name}: ${summary(butterfly)}\n${describeChain(butterfly.matrix.chain)}`);
  }
  if (butterflies.size > DRAWN) outputs.say(`and ${butterflies.size - DRAWN} more butterflies`);
  return [...butterflies.values()].map(({ matrix }) => matrix.chain);
}

function summary({ matrix, left, right }: PermutedButterfly<AnyButterfly>): string {
  const stored = matrix.factors.reduce((sum, factor) => {
    const parts = "re" in factor ? [factor.re, factor.im] : [factor];
    return sum + parts.reduce((part, { values }) => part + values.length, 0);
  }, 0);
  const kind = "re" in (matrix.factors[0] as object) ? "complex" : "real";
  const permuted = [left && "outputs", right && "inputs"].filter(Boolean).join(" and ");
  return `${kind}, ${stored} numbers stored${permuted ? `, ${permuted} permuted` : ""}`;
}

/** Sizes, ranks and a drawing of a chain. */
export function describeChain(chain: Chain): string {
  const { rows, cols, nonZeros, length } = chain;
  const { flops } = chainCost(chain, 1, "f32");
  const dense = 2 * rows * cols;
  const product = chain.chainable ? chain.product() : undefined;
  const shown = (items: readonly unknown[], between: string): string =>
    `${items.slice(0, DRAWN).join(between)}${items.length > DRAWN ? `${between}...` : ""}`;
  return [
    `${length} factors for ${rows} x ${cols}: ${nonZeros} values, ${((100 * nonZeros) / (rows * cols)).toPrecision(3)} % of the dense matrix, ${flops} FLOPs a vector of ${dense}`,
    `patterns ${shown(chain.patterns, "  ")}`,
    product === undefined
      ? "not chainable: the factors multiply one after the other, and their product has no pattern"
      : `ranks ${shown(chain.ranks, ", ") || "-"}; the product has the pattern ${product}${product.blocks === 1 ? ", dense" : ""}`,
    drawSupports(chain),
  ].join("\n");
}
