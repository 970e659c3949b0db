import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { JsMsg } from "@nats-io/jetstream";
import { PapilioError } from "@papilio/butterfly";
import { readNpyValues, readSafetensors, writeNpy } from "@papilio/butterfly/files";
import { CpuModel } from "@papilio/nn/backends";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bindInputs } from "../models/model-inputs.ts";
import { Interruption } from "../process/interruption.ts";
import { papilio, papilioUntil, refusal } from "../testing/command-line.ts";
import { visionModel, writeVision } from "../testing/model-folders.ts";
import { hasNatsServer, TestNatsServer } from "../testing/nats-server.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { ChunkQueue, resultSubject } from "./chunk-queue.ts";
import { type ChunkModel, computeChunks } from "./compute-chunks.ts";
import { textOf, type WorkerReport } from "./messages.ts";
import { modelIdentity } from "./model-identity.ts";
import { connectToNats } from "./nats.ts";

const folder = temporaryFolder();
const IMAGES = 23;
const PIXELS = 3 * 8 * 8;
const CHUNKS = 12;
const PATIENCE = 1000;

it("an address where no NATS server is says so", async () => {
  await writeVision(folder.at("vit"));
  const flags = ["--nats", "nats://name:secret@127.0.0.1:1", "--backend", "cpu"];
  const { status, line } = await refusal("worker", folder.at("vit"), ...flags);
  expect({ status, line }).toEqual({
    status: 1,
    line: expect.stringMatching(/^papilio: error NATS_UNREACHABLE: .* at 127\.0\.0\.1:1: /),
  });
  expect(line).not.toContain("secret");
  const wrong = await refusal("worker", folder.at("vit"), "--nats", "http://127.0.0.1");
  expect(wrong).toMatchObject({ status: 2, line: expect.stringContaining("FLAG_INVALID") });
});

describe.skipIf(!hasNatsServer)("a job, by a NATS server", () => {
  let server: TestNatsServer;
  let alone: Float32Array;
  const x = (): string => folder.at("x.npy");
  const jobFlags = (out: string, input = x()): string[] => [
    ...["run", folder.at("vit"), "--nats", server.address, "--backend", "cpu", "--chunk", "2"],
    ...["--input", `images=${input}`, "--output", `logits=${folder.at(out)}`],
  ];

  beforeAll(async () => {
    server = await TestNatsServer.start(folder.at("nats"));
    await writeVision(folder.at("vit"));
    const images = Float32Array.from({ length: IMAGES * PIXELS }, (_, index) => Math.sin(index));
    folder.write("x.npy", writeNpy(images, [IMAGES, 3, 8, 8]));
    const { graph, inputs } = bindInputs(
      visionModel(),
      new Map([
        ["images", { file: "x.npy", shape: [IMAGES, 3, 8, 8], values: Float64Array.from(images) }],
      ]),
    );
    using executable = new CpuModel(graph);
    alone = (await executable.run(inputs)).logits as Float32Array;
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** Runs a worker in this process until it is stopped; what it did comes back. */
  async function worker(
    signal: AbortSignal,
    { beforeCompute, bind }: { beforeCompute?: () => unknown; bind?: ChunkModel["bind"] } = {},
  ): Promise<WorkerReport> {
    await using queue = await openQueue();
    const model = visionModel();
    const reference: ChunkModel = {
      bind: bind ?? ((arrays) => bindInputs(model, arrays)),
      compute: async ({ graph, inputs }) => {
        await beforeCompute?.();
        using executable = new CpuModel(graph);
        return await executable.run(inputs);
      },
    };
    const { connection, consumer, kind } = queue;
    return await computeChunks(connection, consumer, reference, {
      kind,
      patience: PATIENCE,
      signal,
    });
  }

  async function openQueue() {
    const kind = await modelIdentity(folder.at("vit"), "f32");
    const connection = await connectToNats(server.address, "test");
    const chunks = await ChunkQueue.open(connection);
    const consumer = await chunks.consumer(kind, PATIENCE);
    return {
      ...{ kind, connection, consumer },
      clear: () => chunks.clear(kind, "*"),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  }

  /** Runs a job with workers in this process, to its end. */
  async function job(
    out: string,
    {
      workers,
      during,
      input,
    }: {
      workers: Parameters<typeof worker>[1][];
      during?: () => Promise<void>;
      input?: string;
    },
  ): Promise<{ before: number; twice: number; reports: WorkerReport[] }> {
    const stop = new AbortController();
    const working = workers.map((options) => worker(stop.signal, options));
    const running = papilio(...jobFlags(out, input), "--json");
    await during?.();
    const { status, stdout, stderr } = await running;
    stop.abort();
    const reports = await Promise.all(working);
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout) as { chunks: number; before: number; twice: number };
    expect(report.chunks).toBe(CHUNKS);
    expectAsAlone(out);
    return { ...report, reports };
  }

  /** Whether the job's file has what one process finds. */
  function expectAsAlone(out: string): void {
    const { shape, values } = readNpyValues(readFileSync(folder.at(out)), "float32");
    expect(shape).toEqual([IMAGES, 5]);
    expect(largestDifference(values as Float32Array, alone)).toBeLessThan(1e-5);
  }

  it("has what one process has, of all workers", async () => {
    const { before, reports } = await job("job.npy", { workers: [{}, {}] });
    expect(before).toBe(0);
    expect(reports.reduce((sum, { chunks }) => sum + chunks, 0)).toBeGreaterThanOrEqual(CHUNKS);
  });

  it.each(["csv", "mtx", "npy.gz"])("divides the rows of inputs in .%s", async (kind) => {
    const images = readNpyValues(readFileSync(x()), "float64").values as Float64Array;
    const contents = {
      csv: Array.from({ length: IMAGES }, (_, row) =>
        images.subarray(row * PIXELS, (row + 1) * PIXELS).join(","),
      ).join("\n"),
      mtx: `%%MatrixMarket matrix array real general\n${IMAGES} ${PIXELS}\n${columnsOf(images).join("\n")}\n`,
      "npy.gz": gzipSync(readFileSync(x())),
    }[kind];
    const input = folder.write(`x.${kind}`, contents as string | Uint8Array);
    await job(`of-${kind}.npy`, { workers: [{}], input });
  });

  it.each(["mlp", "gcn"])("is refused of a model of the type %s, by all", async (type) => {
    mkdirSync(folder.at(type));
    folder.write(join(type, "config.json"), JSON.stringify({ model_type: type }));
    const table = folder.write("rows.csv", "height,weight\n1,2\n");
    const job = await refusal(
      ...["run", folder.at(type), "--nats", server.address, "--backend", "cpu"],
      ...["--input", `features=${table}`, "--output", `logits=${folder.at("of-rows.npy")}`],
    );
    const working = ["worker", folder.at(type), "--nats", server.address, "--backend", "cpu"];
    for (const { status, line } of [job, await refusal(...working)]) {
      expect({ status, line }).toEqual({
        status: 2,
        line: expect.stringContaining("error MODEL_KIND: "),
      });
    }
  });

  it("goes on after it was stopped", async () => {
    const interruption = new Interruption();
    const stop = new AbortController();
    let computed = 0;
    const working = worker(stop.signal, {
      beforeCompute: () => {
        if (++computed === 4) interruption.interrupt();
      },
    });
    const stopped = await papilioUntil(interruption, ...jobFlags("stopped.npy"));
    stop.abort();
    await working;
    expect(stopped).toMatchObject({ status: 1, stderr: expect.stringContaining("is kept") });
    expect(existsSync(folder.at("stopped.npy"))).toBe(false);
    const { before } = await job("stopped.npy", { workers: [{}] });
    expect(before).toBeGreaterThanOrEqual(3);
  });

  it("loses nothing to a worker that falls silent", async () => {
    // Takes a part, and says nothing more.
    await using queue = await openQueue();
    const silent = queue.consumer.next({ expires: 5000 });
    await job("silent.npy", {
      workers: [{}],
      during: async () => expect(await silent).not.toBeNull(),
    });
  });

  it("sends again what the server has lost", async () => {
    await using queue = await openQueue();
    let lost = false;
    await job("lost.npy", {
      workers: [
        {
          beforeCompute: async () => {
            if (lost) return;
            lost = true;
            await queue.clear();
          },
        },
      ],
    });
    expect(lost).toBe(true);
  });

  it("fails with what comes to it that is no result", async () => {
    await using queue = await openQueue();
    const running = refusal(...jobFlags("damaged.npy"));
    const chunk = await queue.consumer.next({ expires: 5000 });
    const job = textOf(readSafetensors((chunk as JsMsg).data), "job");
    const answer = await queue.connection.request(resultSubject(job), new Uint8Array(3));
    expect(answer.string()).toBe("");
    const { status, line } = await running;
    expect({ status, line }).toEqual({
      status: 2,
      line: expect.stringContaining("error FILE_TRUNCATED"),
    });
  });

  it("fails with what a worker could not compute", async () => {
    const stop = new AbortController();
    const working = worker(stop.signal, {
      bind: () => {
        throw new PapilioError("INDEX_RANGE", "The images are too red.", "Give others.");
      },
    });
    const { status, line } = await refusal(...jobFlags("failed.npy"));
    stop.abort();
    await working;
    expect(status).toBe(1);
    expect(line).toMatch(
      /^papilio: error CHUNK_FAILED: Chunk \d+ failed on \S+ with INDEX_RANGE: The images are too red\. Hint: Give others\.$/,
    );
  });

  it.each([
    ["MESSAGE_TOO_LARGE", "large.npy", ["--chunk", "2000"]],
    ["FLAG_INVALID", "x.npy", ["--chunk", "24"]],
    ["FLAG_INVALID", "x.npy", ["--chunk", "0"]],
    ["INPUT_SHAPE", "flat.npy", []],
    ["OUTPUT_UNKNOWN", "x.npy", ["--output", `other=${folder.at("other.npy")}`]],
  ])("is refused with %s: %s %j", async (code, input, flags) => {
    folder.write("large.npy", writeNpy(new Float32Array(2000 * PIXELS), [2000, 3, 8, 8]));
    folder.write("flat.npy", writeNpy(new Float32Array(PIXELS), [PIXELS]));
    const { status, line } = await refusal(
      ...["run", folder.at("vit"), "--nats", server.address, "--backend", "cpu"],
      ...["--input", `images=${folder.at(input)}`, "--output", `logits=${folder.at("no.npy")}`],
      ...flags,
    );
    expect({ status, line }).toEqual({ status: 2, line: expect.stringContaining(`error ${code}`) });
    expect(readdirSync(folder.path).filter((name) => name.startsWith("no."))).toEqual([]);
  });
});

/** Numbers of rows column by column. */
function columnsOf(images: Float64Array): Float64Array {
  return images.map((_, at) => images[(at % IMAGES) * PIXELS + Math.floor(at / IMAGES)] as number);
}

function largestDifference(one: Float32Array, other: Float32Array): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] as number))));
}
