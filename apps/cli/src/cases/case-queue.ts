import type { Consumer } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  type BenchResults,
  type CaseKey,
  caseName,
  type Environment,
  type MeasureRecord,
  type ResultRecord,
} from "@papilio/bench/results";
import { WorkQueue } from "../jobs/work-queue.ts";
import { version } from "../machine/environment.ts";

/** How long cases of a benchmark that nobody waits for any more are kept. */
const KEPT = 7 * 24 * 60 * 60 * 1000;

/** Workers that measure alike: of this version, and with an adapter or on the CPU alone. */
export function benchKind(backend: "gpu" | "cpu"): string {
  return `${version.replaceAll(/[^\w-]/g, "_")}-${backend}`;
}

/** A case that a worker is to measure. */
export interface CaseTask {
  readonly bench: string;
  readonly index: number;
  readonly key: CaseKey;
  readonly options: MeasureRecord;
  readonly implementations: readonly string[];
}

/** What a worker found of a case, or why it found nothing. */
export type CaseAnswer = {
  readonly index: number;
  readonly worker: string;
} & (
  | { readonly outcome: Extract<ResultRecord, { readonly record: "case" | "skip" }> }
  | { readonly error: { readonly code: string; readonly message: string; readonly fix: string } }
);

/** Where workers are asked what they compute on. */
export function environmentSubject(kind: string): string {
  return `papilio.bench-environment.${kind}`;
}

/** Where what is found of a benchmark's cases goes. */
export function foundSubject(bench: string): string {
  return `papilio.bench-found.${bench}`;
}

export function encode(message: CaseTask | CaseAnswer | Environment): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** Whether a case has an outcome that another run would not change. */
export function isSettled(before: Pick<BenchResults, "cases" | "skipped">): ReadonlySet<string> {
  return new Set(
    [...before.cases, ...before.skipped.filter(({ cause }) => cause === "device")].map(caseName),
  );
}

/** The queue of cases, which a NATS server keeps on its disk until each is measured. */
export class CaseQueue {
  readonly #queue: WorkQueue;

  private constructor(queue: WorkQueue) {
    this.#queue = queue;
  }

  /** @throws PapilioError `NATS_UNREACHABLE` for a server without JetStream */
  static async open(connection: NatsConnection): Promise<CaseQueue> {
    const given = { name: "PAPILIO_CASES", subjects: "papilio.cases", kept: KEPT };
    return new CaseQueue(await WorkQueue.open(connection, given));
  }

  /** Rejects while the server cannot be reached. */
  async put(kind: string, task: CaseTask): Promise<void> {
    await this.#queue.put([kind, task.bench, `${task.index}`], encode(task));
  }

  /** Which cases of a benchmark are with workers or wait for one. */
  async waiting(kind: string, bench: string): Promise<ReadonlySet<number>> {
    const subjects = await this.#queue.waiting([kind, bench, "*"]);
    return new Set(subjects.map((subject) => Number(subject.split(".").at(-1))));
  }

  async clear(kind: string, bench: string): Promise<void> {
    await this.#queue.clear([kind, bench, "*"]);
  }

  /** Where workers of a kind get cases from; `patience` in milliseconds. */
  async consumer(kind: string, patience: number): Promise<Consumer> {
    return await this.#queue.consumer(kind, patience);
  }
}
