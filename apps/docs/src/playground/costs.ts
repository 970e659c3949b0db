import { type Chain, chainCost, cost, Pattern, type StorageDtype } from "@papilio/butterfly";
import { formatBytes } from "@papilio/butterfly/errors";
import { rewritingBytes } from "@papilio/butterfly/pattern";

/** A row of the table of costs: of the factors one after the other, and of the dense matrix. */
export interface CostRow {
  readonly what: string;
  readonly factors: string;
  readonly dense: string;
  /** How many times as much the dense matrix takes, or nothing where that says nothing. */
  readonly ratio: string;
}

/** What a multiplication costs, beside the same with the dense matrix. */
export function costRows(chain: Chain, batch: number, dtype: StorageDtype): CostRow[] {
  const own = chainCost(chain, batch, dtype);
  const dense = cost(new Pattern(1, chain.rows, chain.cols, 1), batch, dtype);
  const shuffles = chain.patterns.reduce(
    (sum, pattern) => sum + rewritingBytes("bmm", pattern, batch, dtype),
    0,
  );
  const row = (
    what: string,
    factors: number,
    whole: number,
    format: (value: number) => string,
  ): CostRow => ({
    what,
    factors: format(factors),
    dense: format(whole),
    ratio: factors === 0 ? "" : `×${Number((whole / factors).toPrecision(3))}`,
  });
  return [
    row("stored values", chain.nonZeros, chain.rows * chain.cols, whole),
    row("floating-point operations", own.flops, dense.flops, whole),
    row("bytes that must move", own.bytes.total, dense.bytes.total, formatBytes),
    row("operations for each byte", own.intensity, dense.intensity, (value) =>
      String(Number(value.toPrecision(3))),
    ),
    {
      what: "bytes that bmm only rearranges",
      factors: formatBytes(shuffles),
      dense: "0 B",
      ratio: "",
    },
  ];
}

/** A count with thin spaces between thousands. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
