import type { NatsConnection } from "@nats-io/transport-node";
import { PapilioError } from "@papilio/butterfly";
import type { SafetensorsTensor } from "@papilio/butterfly/files";
import type { Value } from "@papilio/nn/graph";
import { inputShape } from "../files/csv.ts";
import { Outputs } from "../files/outputs.ts";
import { wholeNumber } from "../flags/options.ts";
import { arrayOfTensor } from "../models/array-file.ts";
import { type ComputeFlags, dtypeOf } from "../models/compute.ts";
import { folderOf, loadModel, readConfig } from "../models/model-folder.ts";
import { type BoundModel, bindInputs, requireOutputs } from "../models/model-inputs.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";
import { newTable } from "../render/new-table.ts";
import { showJob } from "../render/progress.ts";
import { chunksOf, dealJob, type Job, type JobReport, jobIdentity } from "./deal-job.ts";
import { JobInputs } from "./job-inputs.ts";
import { requireJobModel } from "./job-model.ts";
import { JobOutput } from "./job-output.ts";
import { modelIdentity } from "./model-identity.ts";
import { connectToNats } from "./nats.ts";

export interface JobFlags extends ComputeFlags {
  readonly nats: string;
  readonly chunk?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Rows of a chunk, unless fewer fill a message or the flag says how many. */
const ROWS = 64;
/** Bytes of a message that are not numbers. */
const HEADER_BYTES = 4096;

/**
 * Runs a model on rows of large inputs, on all workers that have the model: what `papilio run --nats` does. A job that
 * was stopped goes on where it was when it is run again.
 *
 * @param inputs files of numbers by the names of inputs
 * @param files npy files by the names of outputs
 * @throws PapilioError `FLAG_INVALID`; `MODEL_KIND` for a model of tables or of nodes; `INPUT_SHAPE` for inputs of different rows, `MESSAGE_TOO_LARGE` for rows that
 *   the server does not take; `JOB_OTHER`, `OUTPUT_UNKNOWN`, and what {@link dealJob} throws
 */
export async function runJob(
  path: string,
  flags: JobFlags,
  inputs: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, string>,
  interruption: Interruption,
): Promise<void> {
  if (files.size === 0) {
    throw new PapilioError(
      "FLAG_INVALID",
      "A job has no output.",
      "Give --output NAME=FILE.npy: what a job finds is too much to be shown.",
    );
  }
  const requests = [...files.values()].map((path) => ({ path, writer: "papilio run" as const }));
  const options = {
    inputs: [path, await folderOf(path), ...inputs.values()],
    force: flags.force,
    interruption,
  };
  const outputFiles = await Outputs.open(requests, options);
  const dtype = dtypeOf(flags);
  const config = await readConfig(await folderOf(path));
  requireJobModel(path, config);
  const kind = await modelIdentity(path, dtype);
  await using opened = await JobInputs.open(inputs);
  const sizes = await sizesOfOutputs(opened, files, (arrays) =>
    loadModel(path, config, interruption.signal).then((model) => bindInputs(model, arrays)),
  );
  const connection = await connectToNats(flags.nats, "papilio run");
  try {
    const outputs = sizes.map((size) => ({ ...size, rows: size.each * opened.rows }));
    const chunkRows = chunkOf(flags, opened, outputs, connection);
    const job: Job = { kind, inputs: opened, chunkRows, outputs };
    const chunks = chunksOf(job);
    await using output = await JobOutput.open(outputs, {
      job: jobIdentity(job),
      chunks,
      force: flags.force ?? false,
    });
    if (output.done.size > 0) note(`${output.done.size} of ${chunks} parts were done before.`);
    await interruption.keep({
      show: () => ({ stderr: "What was done is kept: the same command goes on from there." }),
    });
    const started = performance.now();
    using shown = showJob(chunks);
    using _held = interruption.hold();
    const report = await dealJob(connection, job, output, shown, interruption.signal);
    const seconds = (performance.now() - started) / 1000;
    await outputFiles.requireUnchanged();
    await output.finish();
    const text = flags.json ? toJson(report, seconds, files) : toTable(report, seconds);
    await interruption.finish({ show: () => outputFiles.shown(text) });
  } finally {
    await connection.close();
  }
}

/** What the model gives for each row of its inputs: it is loaded and traced for the first, and let go. */
async function sizesOfOutputs(
  inputs: JobInputs,
  files: ReadonlyMap<string, string>,
  bind: (arrays: Parameters<typeof bindInputs>[1]) => Promise<BoundModel>,
): Promise<readonly Omit<Job["outputs"][number], "rows">[]> {
  const sequence = inputs.all.find(({ name, shape }) => name === "ids" && shape.length === 1);
  if (sequence !== undefined) {
    throw inputShape(
      `The ids of ${sequence.file} are those of one sequence.`,
      "Give [sequences, tokens]: a job divides the first axis.",
    );
  }
  const tensors = await inputs.read(0, 1);
  const arrays = inputs.all.map(({ name, file }, index) => {
    return [name, arrayOfTensor(file, tensors[index] as SafetensorsTensor)] as const;
  });
  const one = await bind(new Map(arrays));
  requireOutputs(one, files);
  return [...files].map(([name, path]) => {
    const { vectors, features } = one.graph.outputs.get(name) as Value;
    return { name, path, each: vectors, features };
  });
}

/** Rows of a chunk: so many that inputs and outputs each fit in a message. */
function chunkOf(
  { chunk }: JobFlags,
  inputs: JobInputs,
  outputs: Job["outputs"],
  connection: NatsConnection,
): number {
  const payload = connection.info?.max_payload ?? 0;
  const bytes = Math.max(
    inputs.rowBytes,
    outputs.reduce((sum, { each, features }) => sum + 4 * each * features, 0),
  );
  const most = Math.floor((payload - HEADER_BYTES) / bytes);
  const wanted = chunk === undefined ? undefined : wholeNumber("--chunk", chunk, 1, inputs.rows);
  if (most >= (wanted ?? 1)) return wanted ?? Math.min(ROWS, most);
  throw new PapilioError(
    "MESSAGE_TOO_LARGE",
    `${wanted ?? 1} rows have ${bytes * (wanted ?? 1)} bytes, and the NATS server takes messages of ${payload}.`,
    "Give a smaller --chunk, or let the server take more: `max_payload: 8MB` in its configuration.",
  );
}

function toJson(
  { chunks, before, twice, workers }: JobReport,
  seconds: number,
  files: ReadonlyMap<string, string>,
): string {
  const outputs = Object.fromEntries(files);
  return JSON.stringify(
    { seconds, chunks, before, twice, workers: [...workers.values()], outputs },
    null,
    2,
  );
}

function toTable({ chunks, before, twice, workers }: JobReport, seconds: number): string {
  const table = newTable(["worker", "parts", "computing"]);
  for (const { worker, chunks, seconds } of workers.values()) {
    table.push([worker, String(chunks), `${seconds.toFixed(2)} s`]);
  }
  const again = twice === 0 ? "" : ` ${twice} of them were computed twice, and written once.`;
  return `${table}\n${chunks - before} parts in ${seconds.toFixed(2)} s.${again}`;
}
