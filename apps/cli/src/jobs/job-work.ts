import { extname } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import type { HuggingFaceModel } from "@papilio/nn";
import { outlineFromHuggingFace } from "@papilio/nn/models";
import { CompiledShapes } from "../models/compiled-shapes.ts";
import { type ComputeFlags, dtypeOf, OnDemandAdapter, openCompute } from "../models/compute.ts";
import { folderOf, loadModel, readConfig } from "../models/model-folder.ts";
import { bindInputs } from "../models/model-inputs.ts";
import { requireFits, smallestGraph } from "../models/require-fits.ts";
import { namedPath } from "../models/served-models.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { computeChunks } from "./compute-chunks.ts";
import { requireJobModel } from "./job-model.ts";
import { modelIdentity } from "./model-identity.ts";

/** How a worker works. */
interface WorkOptions {
  /** Milliseconds after which work of a silent worker goes to another. */
  readonly patience: number;
  /** Ends the work when what is under way is done. */
  readonly signal: AbortSignal;
}

/** What a worker does, of one kind. */
export interface WorkerWork extends Disposable {
  /** For the user. */
  readonly what: string;
  /** Works until the signal aborts; gives what was done, for the user. */
  run(connection: NatsConnection, options: WorkOptions): Promise<string>;
}

/**
 * Parts of jobs, where the model is one that they are of: a folder, or a file beside config.json. Loading it may throw.
 *
 * @param loaded the model, where it is loaded already
 */
export async function openJobWork(
  given: string,
  flags: ComputeFlags,
  signal: AbortSignal,
  loaded: HuggingFaceModel | undefined,
): Promise<WorkerWork | undefined> {
  const { path } = namedPath(given);
  if (extname(path) === ".bin") return undefined;
  const kind = await modelIdentity(path, dtypeOf(flags));
  const adapter = new OnDemandAdapter(flags.adapter);
  try {
    const model = loaded ?? (await load(path, flags, signal, adapter));
    const compute = await openCompute(flags, smallestGraph(model), adapter, signal);
    const compiled = new CompiledShapes(compute);
    return {
      what: "parts of jobs",
      run: async (connection, options) => {
        const queue = await ChunkQueue.open(connection);
        const { chunks, seconds } = await computeChunks(
          connection,
          await queue.consumer(kind, options.patience),
          { bind: (arrays) => bindInputs(model, arrays), compute: (bound) => compiled.run(bound) },
          { ...options, kind },
        );
        return `${chunks} parts in ${seconds.toFixed(1)} s of computing.`;
      },
      [Symbol.dispose]: () => {
        compiled[Symbol.dispose]();
        adapter[Symbol.dispose]();
      },
    };
  } catch (error) {
    adapter[Symbol.dispose]();
    throw error;
  }
}

async function load(
  path: string,
  flags: ComputeFlags,
  signal: AbortSignal,
  adapter: OnDemandAdapter,
): Promise<HuggingFaceModel> {
  const config = await readConfig(await folderOf(path));
  requireJobModel(path, config);
  await requireFits(flags, outlineFromHuggingFace(config), adapter);
  return await loadModel(path, config, signal);
}
