import { openGpu } from "@papilio/gpu-runtime/node";
import type { WorkerWork } from "../jobs/job-work.ts";
import { describeEnvironment } from "../machine/environment.ts";
import { benchKind, CaseQueue } from "./case-queue.ts";
import { measureCases } from "./measure-cases.ts";

/**
 * Cases of benchmarks: on an adapter, or with `--backend cpu` of what computes on the CPU alone.
 *
 * @throws PapilioError what `openGpu` throws
 */
export async function openBenchWork(flags: {
  readonly adapter: string;
  readonly backend: string;
}): Promise<WorkerWork> {
  const gpu = flags.backend === "cpu" ? undefined : await openGpu({ adapter: flags.adapter });
  const command = `papilio ${process.argv.slice(2).join(" ")}`;
  const environment = await describeEnvironment(gpu, command, {
    reason: "Workers measure no energy.",
  });
  const kind = benchKind(gpu === undefined ? "cpu" : "gpu");
  return {
    what: `cases of benchmarks (${environment.adapter?.name ?? "the CPU"})`,
    run: async (connection, { patience, signal }) => {
      const consumer = await (await CaseQueue.open(connection)).consumer(kind, patience);
      const options = { kind, gpu, environment, patience, signal };
      return `${await measureCases(connection, consumer, options)} cases measured.`;
    },
    [Symbol.dispose]: () => gpu?.dispose(),
  };
}
