import { PapilioError } from "@papilio/butterfly";
import { Command } from "commander";
import { openBenchWork } from "../cases/bench-work.ts";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { duration } from "../flags/options.ts";
import {
  addServedOptions,
  type ServedModelFlags,
  servedLimits,
  servedSizes,
} from "../flags/served-options.ts";
import { workerName } from "../jobs/compute-chunks.ts";
import { openJobWork, type WorkerWork } from "../jobs/job-work.ts";
import { connectToNats, NATS_HELP } from "../jobs/nats.ts";
import { type ComputeFlags, DTYPE_HELP, dtypeOf, TUNE_HELP } from "../models/compute.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";
import { openRequestWork } from "../requests/request-work.ts";

interface Flags extends ComputeFlags, ServedModelFlags {
  readonly bench?: boolean;
  readonly nats: string;
  readonly patience: string;
}

/** Milliseconds that a worker has at its end, beside those for what is under way. */
const LEAVING = 5000;

/** `papilio worker`: computes what other machines ask for. */
export function workerCommand(interruption: Interruption): Command {
  const command = new Command("worker")
    .description(
      "Answer the requests of `papilio serve --nats`, and compute parts of the jobs of `papilio run --nats`, until it is stopped.",
    )
    .argument(
      "[model]",
      "as PATH or NAME=PATH: a folder with config.json, a .safetensors file beside one (for jobs alone), or a file of llama2.c (for requests alone)",
    )
    .requiredOption("--nats <address>", NATS_HELP)
    .option("--bench", "measure cases of `papilio bench --nats`, in the place of a model")
    .option(
      "--patience <time>",
      "after which work goes to another worker when the one that has it is silent; the same for all",
      "30s",
    );
  return addServedOptions(command)
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option("--dtype <type>", DTYPE_HELP, "f32")
    .option("--tune", TUNE_HELP)
    .addHelpText(
      "after",
      `
As many workers as there are machines, or adapters of one, may take part, and come and go at any time: what one
of them had goes to another. Jobs go to workers of the same files and --dtype; requests to those with the same name,
template, context and adapters, too. On the CPU a worker uses all processors that it may: give each of several on one machine
some of them, as taskset does. Jobs are of the model without --adapter-weights. With --tune the first
work of each size waits until its kernels are measured.

Examples:
  nats-server -js
  papilio worker chat=smollm-135m-instruct --nats nats://10.0.0.1:4222
  papilio serve --nats nats://10.0.0.1:4222
  papilio worker --bench --nats nats://10.0.0.1:4222 --adapter hardware
  papilio run vit-base --nats nats://10.0.0.1:4222 --input images=all.npy --output logits=y.npy

${exitStatuses()}`,
    )
    .action((given: string | undefined, flags: Flags) => work(given, flags, interruption));
}

async function work(
  given: string | undefined,
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  if ((given === undefined) !== (flags.bench ?? false)) throw oneOfBoth();
  if (flags.bench && flags.tune) throw tuningOfBench();
  const patience = 1000 * duration("--patience", flags.patience);
  dtypeOf(flags);
  servedLimits(flags);
  servedSizes(flags);
  const connection = await connectToNats(flags.nats, `papilio worker ${workerName()}`);
  try {
    using works = await openAll(given, flags, interruption.signal);
    const { all } = works;
    await interruption.serve(2 * patience + LEAVING);
    const kinds = all.map(({ what }) => what).join(" and ");
    note(`${workerName()} takes ${kinds}, from ${new URL(flags.nats).host}.`);
    // What ends one kind of work ends the other.
    const stop = new AbortController();
    const options = { patience, signal: AbortSignal.any([interruption.signal, stop.signal]) };
    const reports = await Promise.all(
      all.map((one) => one.run(connection, options).finally(() => stop.abort())),
    );
    for (const report of reports) note(report);
  } finally {
    await connection.close();
  }
}

/** What a worker does: with a model its requests and parts of its jobs, without one cases of benchmarks. */
async function openAll(
  given: string | undefined,
  flags: Flags,
  signal: AbortSignal,
): Promise<Disposable & { readonly all: readonly WorkerWork[] }> {
  const all: WorkerWork[] = [];
  const dispose = (): void => {
    for (const work of all.toReversed()) work[Symbol.dispose]();
  };
  try {
    if (given === undefined) all.push(await openBenchWork(flags));
    else {
      const requests = await openRequestWork(given, flags, signal);
      if (requests !== undefined) all.push(requests);
      const jobs = await openJobWork(given, flags, signal, requests?.model);
      if (jobs !== undefined) all.push(jobs);
    }
    return { all, [Symbol.dispose]: dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function tuningOfBench(): PapilioError {
  return new PapilioError(
    "FLAG_INVALID",
    "A worker of --bench takes no --tune: implementations are measured as they are.",
    "Leave out --tune, or name a model in the place of --bench.",
  );
}

function oneOfBoth(): PapilioError {
  return new PapilioError(
    "FLAG_INVALID",
    "A worker has a model, or --bench.",
    "Name a model, or give --bench and no model.",
  );
}
