import type { BatchStatistics } from "@papilio/nn";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Gauges, ServerMetrics } from "../metrics/metrics.ts";

const SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/** What is known of the texts of a model, its name, and what it is. */
const OF_TEXTS = [
  ["running", "papilio_running", "Texts that are generated together."],
  ["steps", "papilio_text_steps", "Steps since the start, each of a token of several texts."],
  ["decoded", "papilio_text_step_tokens", "Tokens that these steps computed, all together."],
  [
    "preempted",
    "papilio_texts_preempted",
    "Texts that gave their memory to others since the start.",
  ],
  ["cacheBytes", "papilio_cache_used_bytes", "Memory of keys and values of running texts."],
  ["cacheBudget", "papilio_cache_bytes", "Memory for keys and values of all texts."],
] as const satisfies readonly (readonly [keyof BatchStatistics, string, string])[];

/**
 * Metrics of a server in Prometheus' format, with those of its process.
 *
 * @example
 * ```ts
 * const server = await ModelServer.create({ models, metrics: prometheusMetrics() });
 * ```
 */
export function prometheusMetrics(): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: "papilio_request_seconds",
    help: "Seconds of requests, to the end of their answers.",
    labelNames: ["route", "status"],
    buckets: SECONDS,
    registers,
  });
  const batches = new Histogram({
    name: "papilio_batch_size",
    help: "Rows that are computed at once.",
    labelNames: ["model"],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  });
  const tokens = new Counter({
    name: "papilio_tokens_total",
    help: "Tokens of prompts, and tokens that were generated.",
    labelNames: ["model", "kind"],
    registers,
  });
  const latencies = new Histogram({
    name: "papilio_token_seconds",
    help: "Seconds to the first token of a text, and from one to the next.",
    labelNames: ["model", "place"],
    buckets: SECONDS,
    registers,
  });
  return {
    watch: (gauges) => watchGauges(registers, gauges),
    request: (route, status, seconds) => requests.observe({ route, status }, seconds),
    batch: (model, size) => batches.observe({ model }, size),
    tokens: (model, kind, count) => tokens.inc({ model, kind }, count),
    token: (model, place, seconds) => latencies.observe({ model, place }, seconds),
    expose: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

function watchGauges(registers: Registry[], gauges: () => Gauges): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge("papilio_requests", "Requests that are answered now.", () => gauges().requests);
  gauge("papilio_ready", "1 where every model can be computed.", () => Number(gauges().ready));
  gauge("papilio_resident_bytes", "Memory of the process.", () => process.memoryUsage.rss());
  const deviceBytes = (part: "used" | "reserved") => () => gauges().device?.[part] ?? 0;
  gauge("papilio_device_used_bytes", "Memory of the device's pool in use.", deviceBytes("used"));
  gauge("papilio_device_reserved_bytes", "Memory of the device's pool.", deviceBytes("reserved"));
  const ofModels = (name: string, help: string, read: () => ReadonlyMap<string, number>): void => {
    new Gauge({
      name,
      help,
      labelNames: ["model"],
      registers,
      collect() {
        for (const [model, count] of read()) this.set({ model }, count);
      },
    });
  };
  ofModels("papilio_queue", "Texts and rows that wait or are computed.", () => gauges().queue);
  for (const [key, name, help] of OF_TEXTS) {
    ofModels(name, help, () => {
      return new Map([...gauges().texts].map(([model, statistics]) => [model, statistics[key]]));
    });
  }
}
