import type { Case } from "@papilio/bench";
import { environmentInFile } from "../files/results-file.ts";
import { connectToNats } from "../jobs/nats.ts";
import type { Interruption } from "../process/interruption.ts";
import { dealCases, environmentOfWorker } from "./deal-cases.ts";
import { type BenchPlan, commandOf, recordBench } from "./record-bench.ts";

/**
 * Has workers measure the cases of a benchmark, each with its environment: that of the file is of the worker that was
 * there first.
 *
 * @param address of a NATS server
 * @throws PapilioError what `connectToNats`, `recordBench` and `dealCases` throw
 */
export async function dealBench(
  address: string,
  plan: BenchPlan & { readonly kind: string; readonly cases: readonly Case[] },
  interruption: Interruption,
): Promise<void> {
  const { kind, cases, file } = plan;
  const { signal } = interruption;
  const connection = await connectToNats(address, "papilio bench");
  try {
    const environment = {
      ...((await environmentInFile(file)) ?? (await environmentOfWorker(connection, kind, signal))),
      date: new Date().toISOString(),
      command: commandOf(),
    };
    await recordBench(
      { ...plan, environment },
      interruption,
      async ({ run, before, onOutcome }) => {
        const total = cases.length;
        await dealCases(connection, {
          ...{ kind, cases, run, before, signal },
          onOutcome: (outcome, done) => onOutcome(outcome, { done, total, left: undefined }),
        });
      },
    );
  } finally {
    await connection.close();
  }
}
