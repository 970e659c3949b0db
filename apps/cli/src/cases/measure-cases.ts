import type { Consumer, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type Case, type CaseOutcome, runBenchmark } from "@papilio/bench";
import type { Environment } from "@papilio/bench/results";
import { Chain, PapilioError } from "@papilio/butterfly";
import type { Gpu } from "@papilio/gpu-runtime";
import { findImplementations } from "../flags/implementations.ts";
import { workerName } from "../jobs/compute-chunks.ts";
import { isTaken, workOnEach } from "../jobs/work-on-each.ts";
import {
  type CaseAnswer,
  type CaseTask,
  encode,
  environmentSubject,
  foundSubject,
} from "./case-queue.ts";

export interface MeasureOptions {
  readonly kind: string;
  readonly gpu: Gpu | undefined;
  readonly environment: Environment;
  /** Milliseconds after which a case of a silent worker goes to another. */
  readonly patience: number;
  /** Ends the work when the case that is under way is done. */
  readonly signal: AbortSignal;
}

/** Milliseconds before what was not possible is tried again. */
const AGAIN = 1000;
/** How often a case is tried whose benchmark takes no outcome. */
const TRIES = 10;

/**
 * Measures cases of any benchmark of a kind, one at a time, until it is stopped. A case leaves the queue when its
 * benchmark has taken the outcome. Gives the number of those.
 */
export async function measureCases(
  connection: NatsConnection,
  consumer: Consumer,
  options: MeasureOptions,
): Promise<number> {
  const { kind, environment, patience, signal } = options;
  const told = connection.subscribe(environmentSubject(kind), {
    queue: "workers",
    callback: (error, message) => {
      if (error === null) message.respond(encode(environment));
    },
  });
  let measured = 0;
  try {
    await workOnEach(consumer, { patience, signal }, async (message) => {
      if (await measure(connection, message, options)) measured++;
    });
    return measured;
  } finally {
    told.unsubscribe();
  }
}

async function measure(
  connection: NatsConnection,
  message: JsMsg,
  options: MeasureOptions,
): Promise<boolean> {
  const task = message.json<CaseTask>();
  const worker = workerName();
  const answer = await outcomeOf(task, options).then(
    (outcome): CaseAnswer => ({ index: task.index, worker, outcome }),
    (error: unknown): CaseAnswer => {
      if (!(error instanceof PapilioError) || error.code === "GPU_LOST") {
        message.nak();
        throw error;
      }
      const { code, message: text, fix } = error;
      return { index: task.index, worker, error: { code, message: text, fix } };
    },
  );
  const taken = await isTaken(connection, foundSubject(task.bench), encode(answer));
  // Its benchmark has stopped, or the server is away.
  if (taken || "error" in answer || message.info.deliveryCount >= TRIES) message.ack();
  else message.nak(AGAIN);
  return taken;
}

async function outcomeOf(task: CaseTask, options: MeasureOptions): Promise<CaseOutcome> {
  const { gpu, environment } = options;
  const { key, implementations: names } = task;
  const { maxRunSeconds, ...given } = task.options;
  const item: Case = { ...key, chain: Chain.parse(key.chain) };
  const { implementations } = await findImplementations(names, [item], key.operation);
  let outcome: CaseOutcome | undefined;
  await runBenchmark(gpu, [item], implementations, {
    ...given,
    maxRunSeconds: maxRunSeconds ?? undefined,
    cacheBytes: environment.cacheBytes ?? 0,
    clockStep: Math.max(environment.clockSteps.device ?? 0, environment.clockSteps.wall ?? 0),
    rates: environment.rates,
    onOutcome: (found) => {
      outcome = found.record === "case" ? { ...found, environment } : found;
    },
  });
  if (outcome === undefined) throw new Error("The case has no outcome.");
  return outcome;
}
