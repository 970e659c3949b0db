import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { Case, CaseOutcome } from "@papilio/bench";
import {
  type BenchResults,
  caseKey,
  caseName,
  type Environment,
  formatRecord,
  parseResults,
  type RunRecord,
  SCHEMA,
} from "@papilio/bench/results";
import { PapilioError } from "@papilio/butterfly";
import { TAKEN } from "../jobs/messages.ts";
import { note } from "../process/print.ts";
import {
  type CaseAnswer,
  CaseQueue,
  type CaseTask,
  environmentSubject,
  foundSubject,
  isSettled,
} from "./case-queue.ts";

/** A benchmark whose cases workers measure. */
export interface DealtBench {
  readonly kind: string;
  readonly cases: readonly Case[];
  readonly run: RunRecord;
  /** What an earlier part of the same run left: its cases are not measured again. */
  readonly before: Pick<BenchResults, "cases" | "skipped"> | undefined;
  /** Takes an outcome: only then is the case forgotten. */
  readonly onOutcome: (outcome: CaseOutcome, done: number) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Milliseconds without an outcome after which it is asked whether cases were lost. */
const SILENCE = 5000;
/** Milliseconds before what was not possible is tried again. */
const AGAIN = 500;

/**
 * What a worker computes on: the one that replies first.
 *
 * @throws PapilioError `RESULTS_INVALID`; the signal's reason
 */
export async function environmentOfWorker(
  connection: NatsConnection,
  kind: string,
  signal: AbortSignal,
): Promise<Environment> {
  for (let told = false; ; told = true) {
    signal.throwIfAborted();
    const options = { timeout: 2000 };
    const reply = await connection
      .request(environmentSubject(kind), "", options)
      .catch(() => undefined);
    if (reply !== undefined) return checked(reply.json());
    if (!told) note("Waiting for a worker: `papilio worker --bench --nats ADDRESS`.");
    await wait(AGAIN, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Deals cases to workers until each has an outcome. Each outcome is taken once, whoever measures it.
 *
 * @throws PapilioError `CHUNK_FAILED` with what a worker could not measure; `MESSAGE_INVALID`, `RESULTS_INVALID`; what `onOutcome`
 *   throws; the signal's reason
 */
export async function dealCases(connection: NatsConnection, dealt: DealtBench): Promise<void> {
  const { kind, cases, run, before, onOutcome, signal } = dealt;
  const queue = await CaseQueue.open(connection);
  const names = cases.map(caseName);
  const settled = new Set(before === undefined ? [] : isSettled(before));
  const left = new Set([...names.keys()].filter((index) => !settled.has(names[index] as string)));
  const bench = createHash("sha256")
    .update(JSON.stringify([kind, names, run.options, run.implementations.map(({ name }) => name)]))
    .digest("hex")
    .slice(0, 32);
  const put = async (waiting: ReadonlySet<number>): Promise<void> => {
    for (const index of left) {
      if (waiting.has(index) || signal.aborted) continue;
      await queue.put(kind, {
        ...{ bench, index, key: caseKey(cases[index] as Case), options: run.options },
        implementations: run.implementations.map(({ name }) => name),
      } satisfies CaseTask);
    }
  };
  const over = Promise.withResolvers<void>();
  const stop = (): void => over.reject(signal.reason);
  let heard = performance.now();
  let taken: Promise<unknown> = Promise.resolve();
  const take = async (message: Msg): Promise<void> => {
    const answer = message.json<CaseAnswer>();
    heard = performance.now();
    if ("error" in answer) throw failed(answer, names[answer.index]);
    if (left.has(answer.index)) {
      const { outcome } = answer;
      // What comes from elsewhere is checked before it is written.
      parseResults([formatRecord(run), JSON.stringify(outcome)]);
      if (caseName(outcome) !== names[answer.index]) throw otherCase(answer.worker);
      await onOutcome(outcome, cases.length - left.size + 1);
      left.delete(answer.index);
    }
    message.respond(TAKEN);
    if (left.size === 0) over.resolve();
  };
  const found = connection.subscribe(foundSubject(bench), {
    callback: (error, message) => {
      if (error !== null) return over.reject(error);
      taken = taken.then(() => take(message)).catch((reason: unknown) => over.reject(reason));
    },
  });
  const looking = setInterval(async () => {
    if (performance.now() - heard < SILENCE) return;
    heard = performance.now();
    // While the server is away, it is asked later.
    await queue
      .waiting(kind, bench)
      .then(put)
      .catch(() => undefined);
  }, SILENCE / 5);
  signal.addEventListener("abort", stop);
  over.promise.catch(() => undefined);
  try {
    signal.throwIfAborted();
    if (left.size === 0) return;
    await put(await queue.waiting(kind, bench));
    await over.promise;
  } finally {
    clearInterval(looking);
    signal.removeEventListener("abort", stop);
    found.unsubscribe();
    await taken;
    await queue.clear(kind, bench).catch(() => undefined);
  }
}

/** An environment as results files have them. Throws `RESULTS_INVALID` for what is none. */
function checked(environment: Environment): Environment {
  const options = { rounds: 1, minSample: 0, seed: 0, maxRunSeconds: null };
  const run = { record: "run", schema: SCHEMA, environment, options, implementations: [] } as const;
  return parseResults([formatRecord(run)]).environment;
}

function failed(answer: Extract<CaseAnswer, { error: object }>, name: string | undefined) {
  const { code, message, fix } = answer.error;
  return new PapilioError(
    "CHUNK_FAILED",
    `The case ${name} failed on ${answer.worker} with ${code}: ${message}`,
    fix,
  );
}

function otherCase(worker: string): PapilioError {
  return new PapilioError(
    "MESSAGE_INVALID",
    `The worker ${worker} measured another case than it was given.`,
    "Use the same version of papilio for the benchmark and its workers.",
  );
}
