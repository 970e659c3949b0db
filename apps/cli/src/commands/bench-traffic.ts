import { setImmediate as nextTurn } from "node:timers/promises";
import { suites } from "@papilio/bench";
import { times } from "@papilio/bench/analysis";
import { type CaseKey, caseKey, caseName } from "@papilio/bench/results";
import {
  COUNTED,
  countTraffic,
  type MovedBytes,
  TRAFFIC_SCHEMA,
  type TrafficResults,
} from "@papilio/bench/traffic";
import { PapilioError } from "@papilio/butterfly";
import { Command } from "commander";
import { FORCE_HELP, Outputs } from "../files/outputs.ts";
import { type CaseFlags, casesOf } from "../flags/cases.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { collect, list, oneOf, wholeNumber } from "../flags/options.ts";
import type { Interruption } from "../process/interruption.ts";
import { print } from "../process/print.ts";
import { newTable } from "../render/new-table.ts";

interface Flags extends CaseFlags {
  readonly implementation?: readonly string[];
  readonly workgroups: string;
  readonly json?: string;
  readonly force?: boolean;
}

const NOTES = [
  "memory: the bytes of the buffers of each dispatch, over the least that has to move: inputs, values, outputs.",
  "workgroups: the bytes of the sectors of 32 bytes that each workgroup touches, each once, over the same least.",
  "overfetch: the bytes of those sectors over the bytes that the workgroup uses of them.",
  "per access: the same of the 32 invocations of a subgroup that access memory at once.",
].join("\n");

/** `papilio bench-traffic`: the bytes that each implementation moves, without an adapter. */
export function benchTrafficCommand(interruption: Interruption): Command {
  return new Command("bench-traffic")
    .description(
      "Count the bytes that the implementations move on a GPU, by the addresses in their kernels: no adapter is needed, and nothing is timed.",
    )
    .option("--suite <name>", `cases by name: ${Object.keys(suites).join(", ")}`, "traffic")
    .option("--pattern <a,b,c,d>", "a pattern instead of the suite's; may be repeated", collect)
    .option("--batch <sizes>", "batch sizes, separated by commas", list)
    .option("--dtype <types>", "f32, f16, or both", list)
    .option("--layout <layouts>", "batch-first, batch-last, or both", list)
    .option("--filter <text>", "only cases whose name contains it, such as 'f32 batch-last'")
    .option("--shard <i/n>", "only every n-th case, from the i-th on")
    .option("--implementation <names>", `of ${COUNTED.join(", ")}; all unless given`, list)
    .option(
      "--workgroups <count>",
      "workgroups of a dispatch that are traced, or more of small ones",
      "8",
    )
    .option("--json <file>", "write the counts as JSON; - for stdout")
    .option("--force", FORCE_HELP)
    .addHelpText(
      "after",
      `
Columns:
${NOTES}

Examples:
  papilio bench-traffic --filter 'f32 batch-first'
  papilio bench-traffic --pattern 4,64,64,4 --batch 128 --implementation kronecker-sparse,bmm
  papilio bench-traffic --json traffic.json

${exitStatuses()}`,
    )
    .action((flags: Flags) => benchTraffic(flags, interruption));
}

async function benchTraffic(flags: Flags, interruption: Interruption): Promise<void> {
  const cases = casesOf(flags, "multiply");
  const implementations = (flags.implementation ?? COUNTED).map((text) =>
    oneOf("--implementation", text, COUNTED),
  );
  const workgroups = wholeNumber("--workgroups", flags.workgroups, 1, 2 ** 20);
  const file = flags.json === "-" ? undefined : flags.json;
  const outputs = await Outputs.open(
    file === undefined ? [] : [{ path: file, writer: "papilio bench-traffic" }],
    { inputs: [], force: flags.force, interruption },
  );
  const rows: TrafficResults["rows"][number][] = [];
  for (const item of cases) {
    for (const implementation of implementations) {
      interruption.signal.throwIfAborted();
      // A signal is heard between turns of the event loop.
      await nextTurn();
      rows.push({ ...caseKey(item), implementation, ...counted(implementation, item, workgroups) });
    }
  }
  const results: TrafficResults = {
    schema: TRAFFIC_SCHEMA,
    command: `papilio ${process.argv.slice(2).join(" ")}`,
    workgroups,
    rows,
  };
  const json = `${JSON.stringify(results, null, 1)}\n`;
  if (flags.json === "-") {
    print(json.trimEnd());
    return;
  }
  if (file !== undefined) await outputs.write([[file, json]]);
  outputs.say(`${tableOf(rows)}\n\n${NOTES}`);
}

/** What is counted, or why it cannot be. */
function counted(
  implementation: string,
  item: Parameters<typeof countTraffic>[1],
  workgroups: number,
): MovedBytes | { readonly skipped: string } {
  try {
    return countTraffic(implementation, item, { workgroups });
  } catch (error) {
    if (error instanceof PapilioError && error.code === "BUFFER_TOO_LARGE") {
      return { skipped: error.message };
    }
    throw error;
  }
}

function tableOf(rows: TrafficResults["rows"]): string {
  const table = newTable([
    "case",
    "implementation",
    "memory",
    "workgroups",
    "overfetch",
    "per access",
  ]);
  let last = "";
  for (const row of rows) {
    const name = caseName(row satisfies CaseKey);
    const shown = name === last ? "" : name;
    last = name;
    if ("skipped" in row) {
      table.push([shown, row.implementation, "-", "-", "-", "-"]);
      continue;
    }
    table.push([
      shown,
      row.implementation,
      times(row.memory / row.least),
      times(row.workgroups / row.least),
      times(row.workgroups / row.needed),
      times(row.accesses / row.asked),
    ]);
  }
  return table.toString();
}
