import { once } from "node:events";
import process from "node:process";
import { PapilioError } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import { ModelServer, type ServedModel } from "@papilio/server";
import { listen, prometheusMetrics } from "@papilio/server/node";
import { Command } from "commander";
import { BACKEND_HELP } from "../flags/backend.ts";
import { exitStatuses } from "../flags/exit-statuses.ts";
import { duration, oneOf, wholeNumber } from "../flags/options.ts";
import {
  addServedOptions,
  SERVED_OPTIONS,
  type ServedModelFlags,
  servedLimits,
  servedSizes,
} from "../flags/served-options.ts";
import { NATS_HELP } from "../jobs/nats.ts";
import { type ComputeFlags, DTYPE_HELP, dtypeOf, TUNE_HELP } from "../models/compute.ts";
import { servedChoices, withServedAdapters } from "../models/served-adapters.ts";
import { loadServedModel } from "../models/served-models.ts";
import type { Interruption } from "../process/interruption.ts";
import { note } from "../process/print.ts";
import { type GatewaySettings, type OpenedServer, openGateway } from "../requests/open-gateway.ts";
import { logTo } from "../requests/request-log.ts";

interface Flags extends ComputeFlags, ServedModelFlags {
  readonly nats?: string;
  readonly host: string;
  readonly port: string;
  readonly apiKey?: string;
  readonly maxBody: string;
  readonly maxQueue: string;
  readonly timeout: string;
  readonly drain: string;
  readonly log: string;
  readonly reproducible?: boolean;
}

/** `papilio serve`: models over HTTP. */
export function serveCommand(interruption: Interruption): Command {
  const command = new Command("serve")
    .description("Serve models over HTTP, by OpenAI's protocol and the Open Inference Protocol v2.")
    .argument(
      "[model...]",
      "as PATH or NAME=PATH: a file of llama2.c, or a folder with config.json",
    )
    .option("--nats <address>", `have workers compute, in the place of models: ${NATS_HELP}`)
    .option("--host <address>", "address to listen at", "127.0.0.1")
    .option("--port <number>", "port to listen at", "8000")
    .option("--api-key <key>", "what requests must send; PAPILIO_API_KEY unless given");
  return addServedOptions(command)
    .option("--max-body <mebibytes>", "size of a request's body, at most", "32")
    .option("--max-queue <count>", "texts and rows of a model that wait, at most", "512")
    .option("--timeout <time>", "of a request, at most", "10m")
    .option("--drain <time>", "that requests have to end after Ctrl+C or SIGTERM", "30s")
    .option("--log <level>", "of requests, as JSON on stderr: info, warn, error or silent", "info")
    .option("--adapter <name>", "auto, hardware, software, swiftshader, or part of a name", "auto")
    .option("--backend <name>", BACKEND_HELP, "auto")
    .option("--dtype <type>", DTYPE_HELP, "f32")
    .option("--tune", TUNE_HELP)
    .option(
      "--reproducible",
      "numbers of a text that do not depend on what else is generated; one that is alone is slower then",
    )
    .addHelpText(
      "after",
      `
This machine alone reaches the server unless --host says otherwise. It speaks plain HTTP: where others are to reach
it, give a key, and put a proxy with TLS in front. Logs have no prompts and no answers.
With --tune the first request of each kind waits until its kernels are measured, for minutes where none is in the cache.

Examples:
  papilio serve stories15M.bin
  papilio serve chat=smollm-135m-instruct minilm --port 9000
  papilio serve llama --adapter-weights poems=adapters/poems    # requests name the model llama:poems
  papilio serve --nats nats://10.0.0.1:4222     # and papilio worker, wherever models are
  curl localhost:8000/v1/completions -H 'Content-Type: application/json' \\
    -d '{"model": "stories15M", "prompt": "Once upon a time"}'

A server that is stopped ends with 0 when it is done with its requests.

${exitStatuses()}`,
    )
    .action((paths: readonly string[], flags: Flags, given: Command) => {
      requireModels(paths, flags, given);
      return serve(paths, flags, interruption);
    });
}

/** Flags of models, which are the workers' where there is no model. */
const OF_MODELS = [...SERVED_OPTIONS, "adapter", "backend", "dtype", "tune", "reproducible"];

/** @throws PapilioError `FLAG_INVALID` */
function requireModels(paths: readonly string[], { nats }: Flags, given: Command): void {
  if (nats === undefined) {
    if (paths.length > 0) return;
    throw new PapilioError(
      "FLAG_INVALID",
      "There is no model to serve.",
      "Name one, or give --nats, where workers have models.",
    );
  }
  const ofModels = OF_MODELS.find((name) => given.getOptionValueSource(name) === "cli");
  if (paths.length === 0 && ofModels === undefined) return;
  const option = given.options.find((one) => one.attributeName() === ofModels)?.long;
  throw new PapilioError(
    "FLAG_INVALID",
    `With --nats workers compute, and ${option ?? paths[0]} is of a model.`,
    "Give it to `papilio worker`.",
  );
}

async function serve(
  paths: readonly string[],
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  const settings = settingsOf(flags);
  const opened =
    flags.nats === undefined
      ? await openModels(paths, flags, settings, interruption.signal)
      : await openGateway(flags.nats, settings, interruption.signal);
  const { server } = opened;
  try {
    const listening = await listen(server, { host: flags.host, port: settings.port });
    await interruption.serve(settings.drain + CLOSING);
    note(`Serving ${opened.what} at http://${flags.host}:${listening.port}`);
    if (settings.apiKey === undefined && !isLoopback(flags.host)) {
      note("Everyone who reaches this address may use the models: there is no --api-key.");
    }
    if (!interruption.signal.aborted) await once(interruption.signal, "abort");
    note("Waiting for requests under way.");
    await server.drain(AbortSignal.timeout(settings.drain));
    await listening.close();
  } finally {
    server.dispose();
    await opened.close?.();
  }
}

async function openModels(
  paths: readonly string[],
  flags: Flags,
  { apiKey, limits, log }: Settings,
  signal: AbortSignal,
): Promise<OpenedServer> {
  const models = await loadAll(paths, flags, signal);
  const onDevice = models.some(({ place }) => place === "gpu");
  const server = await ModelServer.create({
    ...{ models, apiKey, limits, log, metrics: prometheusMetrics() },
    openDevice: onDevice ? () => openGpu({ adapter: flags.adapter }) : undefined,
  });
  return { server, what: models.map(({ name, place }) => `${name} (${place})`).join(", ") };
}

/** Milliseconds for closing what is left after the requests are over. */
const CLOSING = 3000;

interface Settings extends GatewaySettings {
  readonly port: number;
  /** Milliseconds. */
  readonly drain: number;
}

/** @throws PapilioError `FLAG_INVALID` */
function settingsOf(flags: Flags): Settings {
  dtypeOf(flags);
  return {
    port: wholeNumber("--port", flags.port, 0, 65_535),
    apiKey: flags.apiKey ?? process.env.PAPILIO_API_KEY,
    log: logTo(oneOf("--log", flags.log, ["info", "warn", "error", "silent"])),
    drain: 1000 * duration("--drain", flags.drain),
    limits: {
      ...servedLimits(flags),
      bodyBytes: 2 ** 20 * wholeNumber("--max-body", flags.maxBody, 1, 2048),
      queue: wholeNumber("--max-queue", flags.maxQueue, 1, 2 ** 20),
      seconds: duration("--timeout", flags.timeout),
    },
  };
}

async function loadAll(
  paths: readonly string[],
  flags: Flags,
  signal: AbortSignal,
): Promise<readonly ServedModel[]> {
  const ofOne = ["tokenizer", "chatTemplate"] as const;
  if (paths.length > 1 && ofOne.some((name) => flags[name] !== undefined)) {
    throw new PapilioError(
      "FLAG_INVALID",
      "--tokenizer and --chat-template are of one model, and there are several.",
      "Put the files beside the models, or serve one.",
    );
  }
  const choices = await servedChoices(flags.adapterWeights);
  const given = { ...flags, ...servedSizes(flags) };
  const models: ServedModel[] = [];
  for (const path of paths) models.push(await loadServedModel(path, given, signal));
  return withServedAdapters(models, choices, signal);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
