import { hostname } from "node:os";
import process from "node:process";
import type { Consumer, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { PapilioError } from "@papilio/butterfly";
import { readSafetensors, type SafetensorsFile, writeSafetensors } from "@papilio/butterfly/files";
import type { RunOutputs } from "@papilio/nn";
import { type ArrayFile, arrayOfTensor } from "../models/array-file.ts";
import type { BoundModel } from "../models/model-inputs.ts";
import { presenceSubject, resultSubject, type WorkerKind } from "./chunk-queue.ts";
import { outputNamesOf, PRESENCE, textOf, type WorkerReport, wholeOf } from "./messages.ts";
import { isTaken, workOnEach } from "./work-on-each.ts";

/** What a worker computes chunks with. */
export interface ChunkModel {
  /** Traces the model for a chunk. Throws what `bindInputs` throws. */
  bind(arrays: ReadonlyMap<string, ArrayFile>): BoundModel;
  compute(bound: BoundModel): Promise<RunOutputs>;
}

export interface ComputeOptions {
  readonly kind: WorkerKind;
  /** Milliseconds after which a chunk of a silent worker goes to another. */
  readonly patience: number;
  /** Ends the work when the chunk that is under way is done. */
  readonly signal: AbortSignal;
}

/** How often a chunk is tried: by workers that die of it, too. */
const TRIES = 10;
/** Milliseconds before a chunk that could not be delivered, or not computed, is tried again. */
const AGAIN = 1000;

/** The name by which a worker is known to a job: the machine's and the process's. */
export function workerName(): string {
  return `${hostname()}-${process.pid}`;
}

/**
 * Computes chunks of any job of a kind, until it is stopped. A chunk leaves the queue when its job has taken the result.
 *
 * @throws PapilioError `GPU_LOST`: the chunk goes to another worker
 */
export async function computeChunks(
  connection: NatsConnection,
  consumer: Consumer,
  model: ChunkModel,
  options: ComputeOptions,
): Promise<WorkerReport> {
  const { kind, patience, signal } = options;
  const report = { worker: workerName(), chunks: 0, seconds: 0 };
  const presence = setInterval(() => {
    if (!connection.isClosed()) connection.publish(presenceSubject(kind), report.worker);
  }, PRESENCE);
  try {
    await workOnEach(consumer, { patience, signal }, (message) =>
      answer(connection, message, model, report),
    );
    return report;
  } finally {
    clearInterval(presence);
  }
}

/** Computes a chunk, and has the queue forget it when its job took the result. */
async function answer(
  connection: NatsConnection,
  message: JsMsg,
  model: ChunkModel,
  report: WorkerReport,
): Promise<void> {
  const { worker } = report;
  let chunk: SafetensorsFile;
  let [job, number, names]: [string, number, readonly string[]] = ["", 0, []];
  try {
    chunk = readSafetensors(message.data);
    job = textOf(chunk, "job");
    number = wholeOf(chunk, "chunk");
    names = outputNamesOf(chunk);
  } catch {
    // It is no chunk of a job.
    message.ack();
    return;
  }
  const deliver = (bytes: Uint8Array): Promise<boolean> =>
    delivered(connection, message, resultSubject(job), bytes);
  const refuse = (error: PapilioError): Promise<boolean> =>
    deliver(writeSafetensors([], { ...errorTexts(error), job, worker, chunk: `${number}` }));
  const started = performance.now();
  let outputs: RunOutputs;
  let bound: BoundModel;
  try {
    bound = model.bind(arraysOf(chunk));
  } catch (error) {
    if (!(error instanceof PapilioError)) throw error;
    await refuse(error);
    return;
  }
  try {
    outputs = await model.compute(bound);
  } catch (error) {
    if (!(error instanceof PapilioError) || error.code === "GPU_LOST") {
      message.nak();
      throw error;
    }
    if (message.info.deliveryCount < TRIES) message.nak(AGAIN);
    else await refuse(error);
    return;
  }
  const seconds = (performance.now() - started) / 1000;
  const microseconds = `${Math.round(seconds * 1e6)}`;
  const tensors = names.map((name) => {
    const { vectors, features } = bound.graph.outputs.get(name) ?? { vectors: 0, features: 0 };
    const values = outputs[name] ?? new Float32Array();
    return { name, dtype: "F32" as const, shape: [vectors, features], values };
  });
  const texts = { job, worker, chunk: `${number}`, microseconds };
  if (!(await deliver(writeSafetensors(tensors, texts)))) return;
  report.chunks++;
  report.seconds += seconds;
}

/** Whether the job took a result: the queue forgets the chunk then, and has it computed again otherwise. */
async function delivered(
  connection: NatsConnection,
  message: JsMsg,
  subject: string,
  bytes: Uint8Array,
): Promise<boolean> {
  const taken = await isTaken(connection, subject, bytes);
  if (taken) message.ack();
  // The job has stopped, or the server is away.
  else if (message.info.deliveryCount < TRIES) message.nak(AGAIN);
  // Its job is gone. Not terminated: NATS 2.9 keeps what is so in the queue, where its job would wait for it.
  else message.ack();
  return taken;
}

function arraysOf(chunk: SafetensorsFile): ReadonlyMap<string, ArrayFile> {
  return new Map(
    [...chunk.tensors].map(([name, tensor]) => [name, arrayOfTensor(`input ${name}`, tensor)]),
  );
}

function errorTexts({ code, message, fix }: PapilioError): Record<string, string> {
  return { code, message, fix };
}
