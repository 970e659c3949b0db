import { extname } from "node:path";
import { PapilioError } from "@papilio/butterfly";
import { openGpu } from "@papilio/gpu-runtime/node";
import type { HuggingFaceModel } from "@papilio/nn";
import { ModelServer, type ServedModel } from "@papilio/server";
import { type ServedModelFlags, servedLimits, servedSizes } from "../flags/served-options.ts";
import type { WorkerWork } from "../jobs/job-work.ts";
import type { ComputeFlags } from "../models/compute.ts";
import { servedChoices, withServedAdapters } from "../models/served-adapters.ts";
import { loadServedModel, namedPath } from "../models/served-models.ts";
import { note } from "../process/print.ts";
import { answerRequests } from "./answer-requests.ts";
import { logTo } from "./request-log.ts";
import { RequestQueue } from "./request-queue.ts";
import { servedIdentity } from "./served-identity.ts";

/** Seconds of a request at most: its gateway has a limit of its own. */
const DAY = 24 * 60 * 60;
/** Bytes of a body, of which messages have fewer. */
const MOST_BODY = 2 ** 30;

/**
 * Requests of gateways, where the model is one that answers any: others are for jobs alone. Loading the model may throw.
 */
export async function openRequestWork(
  given: string,
  flags: ComputeFlags & ServedModelFlags,
  signal: AbortSignal,
): Promise<(WorkerWork & { readonly model: HuggingFaceModel }) | undefined> {
  const { name, path } = namedPath(given);
  const limits = servedLimits(flags);
  const choices = await servedChoices(flags.adapterWeights);
  if (extname(path) === ".safetensors") return forJobsAlone(path, choices);
  // A request that another worker does again goes on with the same text.
  const own = { ...flags, ...servedSizes(flags), reproducible: true };
  const loaded = await load(given, own, signal);
  if (loaded === undefined) return forJobsAlone(path, choices);
  const [served = loaded] = await withServedAdapters([loaded], choices, signal);
  const kind = await servedIdentity(name, path, { ...flags, ...servedSizes(flags) }, choices);
  const server = await ModelServer.create({
    models: [served],
    limits: { ...limits, bodyBytes: MOST_BODY, seconds: DAY, requests: 2 * limits.batch + 8 },
    openDevice: served.place === "gpu" ? () => openGpu({ adapter: flags.adapter }) : undefined,
    log: logTo("error"),
  });
  return {
    model: served.model as HuggingFaceModel,
    what: `requests for ${server.names.join(", ")} (${served.place})`,
    run: async (connection, { patience, signal }) => {
      const consumer = await (await RequestQueue.open(connection)).consumer(kind, patience);
      const { names } = server;
      const options = { kind, names, patience, signal, most: limits.batch, drain: patience };
      const answered = await answerRequests(connection, consumer, server, options);
      return `${answered} requests answered.`;
    },
    [Symbol.dispose]: () => server.dispose(),
  };
}

/** @throws PapilioError `FLAG_INVALID` for adapters, which requests choose */
function forJobsAlone(path: string, choices: readonly unknown[]): undefined {
  if (choices.length === 0) return undefined;
  throw new PapilioError(
    "FLAG_INVALID",
    `Requests choose --adapter-weights, and the model ${path} is for jobs alone.`,
    "Leave it out, or give `papilio run` the adapter.",
  );
}

/** Undefined for a model that answers no requests: without a tokenizer, say. */
async function load(
  given: string,
  flags: Parameters<typeof loadServedModel>[1],
  signal: AbortSignal,
): Promise<ServedModel | undefined> {
  try {
    return await loadServedModel(given, flags, signal);
  } catch (error) {
    const jobsAlone = ["TOKENIZER_MISSING", "MODEL_KIND"];
    const { path } = namedPath(given);
    if (!(error instanceof PapilioError) || !jobsAlone.includes(error.code)) throw error;
    if (extname(path) === ".bin") throw error;
    note(`It answers no requests: ${error.message}`);
    return undefined;
  }
}
