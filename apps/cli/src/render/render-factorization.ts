import { quantity, times } from "@papilio/bench/analysis";
import { type AnyButterfly, chainCost } from "@papilio/butterfly";
import type { ChainPoint, ChainSearch, Factorization } from "@papilio/butterfly/factorization";
import type { MatrixFile } from "../files/matrix-file.ts";
import type { SpeedUp } from "../machine/speed-up.ts";
import { newTable } from "./new-table.ts";

/** Of what is in a file: `|A - B| / |A|` of its values as they are decoded, in double precision. */
interface StoredError {
  readonly dtype: string;
  readonly error: number;
}

/** What was found of a chain that was searched for. */
export type SearchReport = Pick<ChainSearch<AnyButterfly>, "front" | "seconds" | "isCutShort">;

/** All that is shown of a factorization. */
export interface FactorizationReport {
  readonly matrix: MatrixFile | MatrixFile<"float64">;
  readonly found: Factorization<AnyButterfly>;
  /** Where a file was written. */
  readonly stored: StoredError | undefined;
  readonly butterfly: AnyButterfly;
  /** Of the permutations that were found, where they were tried. */
  readonly names: { readonly left: string; readonly right: string } | undefined;
  /** Of the refinement, before its first sweep and after each. */
  readonly errors: readonly number[] | undefined;
  /** Of the search for the chain, where there was one. */
  readonly search: SearchReport | undefined;
  /** Unless it is not known yet. */
  readonly speedUp: SpeedUp | undefined;
  /** Of the whole work: the search and the refinement included. */
  readonly seconds: number;
  readonly out: string | undefined;
}

/** Chains that no other beats, as a table. */
export function renderFront(front: readonly ChainPoint[]): string {
  const table = newTable(["chain", "parameters", "relative error"]);
  for (const { chain, parameters, error } of front) {
    table.push([chain.toString(), share(parameters), error.toPrecision(4)]);
  }
  return table.toString();
}

/** A factorization as a table of two columns. */
export function renderFactorization(report: FactorizationReport): string {
  const { matrix, found, stored, butterfly, names, errors, speedUp, search, seconds, out } = report;
  const { rows, cols } = matrix;
  const { chain } = butterfly;
  const kind = "re" in matrix.values ? "complex" : "real";
  const { flops } = chainCost(chain, 1, "f32");
  const { bounds } = found;
  const lines: [string, string][] = [
    ["matrix", `${matrix.name}, ${rows} x ${cols}, ${kind}`],
    ["chain", chain.toString()],
    ...(chain.rows === rows && chain.cols === cols
      ? []
      : [["padded with zeros", `to ${chain.rows} x ${chain.cols}`] as [string, string]]),
    [
      "relative error",
      stored === undefined
        ? found.error.toPrecision(4)
        : `${stored.error.toPrecision(4)} of the file, in ${stored.dtype}; ${found.error.toPrecision(4)} as found`,
    ],
  ];
  if (bounds !== undefined) {
    lines.push([
      "its bounds",
      `${bounds.lower.toPrecision(4)} (no butterfly of this chain is nearer) to ${bounds.upper.toPrecision(4)}`,
    ]);
  }
  if (names !== undefined) {
    lines.push(["permutations", `${names.left} of the rows, ${names.right} of the columns`]);
  }
  if (errors !== undefined) {
    const [first, last] = [errors[0] as number, errors.at(-1) as number];
    const sweeps = `${errors.length - 1} sweeps`;
    lines.push(["refined", `${first.toPrecision(4)} to ${last.toPrecision(4)} in ${sweeps}`]);
  }
  lines.push(
    [
      "parameters",
      `${chain.nonZeros} of ${rows * cols} (${share(chain.nonZeros / (rows * cols))})`,
    ],
    ["FLOPs a vector", `${flops} of ${2 * rows * cols} (${share(flops / (2 * rows * cols))})`],
    ...(speedUp === undefined ? [] : speedUpLines(speedUp)),
    ["time", quantity(seconds, "s")],
  );
  if (search !== undefined) {
    const cut = search.isCutShort ? "; --time-limit left no time for some chains" : "";
    lines.push(["search", `${quantity(search.seconds, "s")}${cut}`]);
  }
  if (out !== undefined) lines.push(["written to", out]);
  const table = newTable([]);
  for (const [name, text] of lines) table.push([name, text]);
  const warning =
    found.error > 0.3 && errors === undefined
      ? "\nThis matrix is far from any butterfly of this chain, as weights that were trained dense usually are."
      : "";
  return `${table}${warning}`;
}

function speedUpLines({
  predicted,
  batch,
  place,
  reason,
  adapter,
  measured,
}: SpeedUp): [string, string][] {
  const where = place === "cpu" ? "the CPU" : adapter;
  const lines: [string, string][] = [
    ["multiply on", `${where}: ${reason}`],
    ["speed-up, predicted", `${times(predicted)} at batch ${batch} on ${where}`],
  ];
  if (measured !== undefined) {
    const { ratio, lower, upper, implementation } = measured;
    const interval = `${lower.toFixed(2)} to ${upper.toFixed(2)}`;
    lines.push(["speed-up, measured", `${times(ratio)} (${interval}) with ${implementation}`]);
  }
  return lines;
}

function share(part: number): string {
  return `${(100 * part).toPrecision(3)} %`;
}
