import { type Case, expandGrid, findSuite, type Grid, type Operation } from "@papilio/bench";
import { caseName } from "@papilio/bench/results";
import { Chain, LAYOUTS } from "@papilio/butterfly";
import { oneOf, shardOf, wholeNumber } from "./options.ts";

/** The flags that say which cases a command is to do. */
export interface CaseFlags {
  readonly suite: string;
  readonly pattern?: readonly string[];
  readonly batch?: readonly string[];
  readonly dtype?: readonly string[];
  readonly layout?: readonly string[];
  readonly filter?: string;
  readonly shard?: string;
}

/** The cases that the flags ask for, in the order of the grid. */
export function casesOf(flags: CaseFlags, operation: Operation): Case[] {
  const suite = findSuite(flags.suite);
  const grid: Grid = {
    chains: flags.pattern?.map((text) => Chain.parse(text)) ?? suite.chains,
    batches:
      flags.batch?.map((text) => wholeNumber("--batch", text, 1, 2 ** 31 - 1)) ?? suite.batches,
    dtypes:
      flags.dtype?.map((text) => oneOf("--dtype", text, ["f32", "f16", "f64"])) ?? suite.dtypes,
    layouts: flags.layout?.map((text) => oneOf("--layout", text, LAYOUTS)) ?? suite.layouts,
    operation,
  };
  const [index, count] = flags.shard === undefined ? [1, 1] : shardOf("--shard", flags.shard);
  return expandGrid(grid)
    .filter((item) => flags.filter === undefined || caseName(item).includes(flags.filter))
    .filter((_, position) => position % count === index - 1);
}
