import { once } from "node:events";
import process from "node:process";
import { PapilioError } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import { ModelServer, type RequestRecord, type ServedModel } from "@papilio/server";
import { listen, prometheusMetrics } from "@papilio/server/node";
import { Command } from "commander";
import { pino } from "pino";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { duration, oneOf, wholeNumber } from "../flags/options.ts";
import { type ComputeFlags, DTYPE_HELP, dtypeOf } from "../models/compute.ts";
import { loadServedModel } from "../models/served-models.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";

interface Flags extends ComputeFlags {
  readonly host: string;
  readonly port: string;
  readonly apiKey?: string;
  readonly tokenizer?: string;
  readonly chatTemplate?: string;
  readonly context?: string;
  readonly cache?: string;
  readonly maxBody: string;
  readonly maxTokens: string;
  readonly maxQueue: string;
  readonly batch: string;
  readonly wait: string;
  readonly timeout: string;
  readonly drain: string;
  readonly log: string;
}

/** `papilio serve`: models over HTTP. */
export function serveCommand(interruption: Interruption): Command {
  return new Command("serve")
    .description("Serve models over HTTP, by OpenAI's protocol and the Open Inference Protocol v2.")
    .argument(
      "<model...>",
      "as PATH or NAME=PATH: a file of llama2.c, or a folder with config.json",
    )
    .option("--host <address>", "address to listen at", "127.0.0.1")
    .option("--port <number>", "port to listen at", "8000")
    .option("--api-key <key>", "what requests must send; PAPILIO_API_KEY unless given")
    .option("--tokenizer <file>", "of one model; one beside each unless given")
    .option("--chat-template <file>", "of one model; that of tokenizer_config.json unless given")
    .option(
      "--context <count>",
      "tokens of a prompt and its text; the model's, or 4096, unless given",
    )
    .option("--cache <mebibytes>", "of keys and values of all texts of a model, at most")
    .option("--max-body <mebibytes>", "size of a request's body, at most", "32")
    .option("--max-tokens <count>", "tokens of one text, at most", "4096")
    .option("--max-queue <count>", "texts and rows of a model that wait, at most", "512")
    .option("--batch <count>", "texts, or rows, that are computed at once, at most", "16")
    .option("--wait <time>", "that a row waits for others, at most", "5ms")
    .option("--timeout <time>", "of a request, at most", "10m")
    .option("--drain <time>", "that requests have to end after Ctrl+C or SIGTERM", "30s")
    .option("--log <level>", "of requests, as JSON on stderr: info, warn, error or silent", "info")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option("--dtype <type>", DTYPE_HELP, "f32")
    .addHelpText(
      "after",
      `
This machine alone reaches the server unless --host says otherwise. It speaks plain HTTP: where others are to reach
it, give a key, and put a proxy with TLS in front. Logs have no prompts and no answers.

Examples:
  papilio serve stories15M.bin
  papilio serve chat=smollm-135m-instruct minilm --port 9000
  curl localhost:8000/v1/completions -H 'Content-Type: application/json' \\
    -d '{"model": "stories15M", "prompt": "Once upon a time"}'

A server that is stopped ends with 0 when it is done with its requests.

${exitStatuses()}`,
    )
    .action((paths: readonly string[], flags: Flags) => serve(paths, flags, interruption));
}

async function serve(
  paths: readonly string[],
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  const settings = settingsOf(flags);
  const models = await loadAll(paths, flags, interruption.signal);
  const onDevice = models.some(({ place }) => place === "gpu");
  const server = await ModelServer.create({
    models,
    apiKey: settings.apiKey,
    limits: settings.limits,
    openDevice: onDevice ? () => openGpu({ adapter: flags.adapter }) : undefined,
    metrics: prometheusMetrics(),
    log: logTo(settings.level),
  });
  try {
    const listening = await listen(server, { host: flags.host, port: settings.port });
    const names = models.map(({ name, place }) => `${name} (${place})`).join(", ");
    await interruption.serve(settings.drain + CLOSING);
    note(`Serving ${names} at http://${flags.host}:${listening.port}`);
    if (settings.apiKey === undefined && !isLoopback(flags.host)) {
      note("Everyone who reaches this address may use the models: there is no --api-key.");
    }
    if (!interruption.signal.aborted) await once(interruption.signal, "abort");
    note("Waiting for requests under way.");
    await server.drain(AbortSignal.timeout(settings.drain));
    await listening.close();
  } finally {
    server.dispose();
  }
}

/** Milliseconds for closing what is left after the requests are over. */
const CLOSING = 3000;

interface Settings {
  readonly port: number;
  readonly apiKey: string | undefined;
  readonly level: string;
  /** Milliseconds. */
  readonly drain: number;
  readonly limits: Required<Parameters<typeof ModelServer.create>[0]>["limits"];
}

/** @throws PapilioError `FLAG_INVALID` */
function settingsOf(flags: Flags): Settings {
  dtypeOf(flags);
  return {
    port: wholeNumber("--port", flags.port, 0, 65_535),
    apiKey: flags.apiKey ?? process.env.PAPILIO_API_KEY,
    level: oneOf("--log", flags.log, ["info", "warn", "error", "silent"]),
    drain: 1000 * duration("--drain", flags.drain),
    limits: {
      bodyBytes: 2 ** 20 * wholeNumber("--max-body", flags.maxBody, 1, 2048),
      tokens: wholeNumber("--max-tokens", flags.maxTokens, 1, 2 ** 24),
      queue: wholeNumber("--max-queue", flags.maxQueue, 1, 2 ** 20),
      batch: wholeNumber("--batch", flags.batch, 1, 1024),
      waitMs: 1000 * duration("--wait", flags.wait),
      seconds: duration("--timeout", flags.timeout),
    },
  };
}

async function loadAll(
  paths: readonly string[],
  flags: Flags,
  signal: AbortSignal,
): Promise<ServedModel[]> {
  const ofOne = ["tokenizer", "chatTemplate"] as const;
  if (paths.length > 1 && ofOne.some((name) => flags[name] !== undefined)) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--tokenizer and --chat-template are of one model, and there are several.",
      "Put the files beside the models, or serve one.",
    );
  }
  const context =
    flags.context === undefined ? undefined : wholeNumber("--context", flags.context, 1, 2 ** 24);
  const { cache } = flags;
  const cacheBudget = cache && 2 ** 20 * wholeNumber("--cache", cache, 1, 2 ** 24);
  const given = { ...flags, context, ...(cacheBudget ? { cacheBudget } : {}) };
  const models: ServedModel[] = [];
  for (const path of paths) models.push(await loadServedModel(path, given, signal));
  return models;
}

/** Writes a line of JSON for each request; what is the server's fault with its reason. */
function logTo(level: string): (record: RequestRecord) => void {
  // stdout is for data.
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  return ({ cause, ...record }) => {
    if (record.status < 500) log.info(record, "request");
    else log.error({ ...record, ...(cause === undefined ? {} : { err: cause }) }, "request");
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
