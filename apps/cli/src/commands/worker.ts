import { outlineFromHuggingFace } from "@papilio/nn/models";
import { Command } from "commander";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { duration } from "../flags/options.ts";
import { ChunkQueue } from "../jobs/chunk-queue.ts";
import { computeChunks, workerName } from "../jobs/compute-chunks.ts";
import { modelIdentity } from "../jobs/model-identity.ts";
import { connectToNats, NATS_HELP } from "../jobs/nats.ts";
import { CompiledShapes } from "../models/compiled-shapes.ts";
import { type ComputeFlags, dtypeOf, OnDemandAdapter, openCompute } from "../models/compute.ts";
import { folderOf, loadModel, readConfig } from "../models/model-folder.ts";
import { bindInputs } from "../models/model-inputs.ts";
import { requireFits, smallestGraph } from "../models/require-fits.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";

interface Flags extends ComputeFlags {
  readonly nats: string;
  readonly patience: string;
}

/** `papilio worker`: computes parts of jobs that other machines deal. */
export function workerCommand(interruption: Interruption): Command {
  return new Command("worker")
    .description(
      "Compute parts of the jobs that `papilio run --nats` divides, until it is stopped.",
    )
    .argument("<model>", "the same files as those of the job: a folder, or a .safetensors file")
    .requiredOption("--nats <address>", NATS_HELP)
    .option(
      "--patience <time>",
      "after which a part goes to another worker when the one that has it is silent; the same for all",
      "30s",
    )
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option("--dtype <type>", "as of the job: f32 or f16; q8 or q4 on the CPU", "f32")
    .addHelpText(
      "after",
      `
As many workers as there are machines, or adapters of one, may take part, and come and go at any time: a part
that one of them had goes to another. On the CPU a worker uses all processors that it may: give each of several
on one machine some of them, as taskset does.

Examples:
  nats-server -js
  papilio worker vit-base --nats nats://10.0.0.1:4222
  papilio run vit-base --nats nats://10.0.0.1:4222 --input images=all.npy --output logits=y.npy

${exitStatuses()}`,
    )
    .action((path: string, flags: Flags) => work(path, flags, interruption));
}

async function work(path: string, flags: Flags, interruption: Interruption): Promise<void> {
  const patience = 1000 * duration("--patience", flags.patience);
  const dtype = dtypeOf(flags);
  const config = await readConfig(await folderOf(path));
  using adapter = new OnDemandAdapter(flags.adapter);
  await requireFits(flags, outlineFromHuggingFace(config), adapter);
  const kind = await modelIdentity(path, dtype);
  const connection = await connectToNats(flags.nats, `papilio worker ${workerName()}`);
  try {
    const consumer = await (await ChunkQueue.open(connection)).consumer(kind, patience);
    const model = await loadModel(path, config, interruption.signal);
    const compute = await openCompute(flags, smallestGraph(model), adapter);
    using compiled = new CompiledShapes(compute);
    await interruption.serve(patience);
    note(`${workerName()} takes parts of jobs, from ${new URL(flags.nats).host}.`);
    const { chunks, seconds } = await computeChunks(
      connection,
      consumer,
      { bind: (arrays) => bindInputs(model, arrays), compute: (bound) => compiled.run(bound) },
      { kind, patience, signal: interruption.signal },
    );
    note(`${chunks} parts in ${seconds.toFixed(1)} s of computing.`);
  } finally {
    await connection.close();
  }
}
