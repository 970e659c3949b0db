import type { BatchStatistics } from "@papilio/nn";

/** How much there is of everything at a moment, by the name of a model where it is one's. */
export interface Gauges {
  readonly requests: number;
  /** Texts and rows that wait or are computed. */
  readonly queue: ReadonlyMap<string, number>;
  /** How the texts of models that generate them are generated together; of each that was asked for one. */
  readonly texts: ReadonlyMap<string, BatchStatistics>;
  /** Bytes of the device's pool: in use, and reserved. Undefined on the CPU. */
  readonly device: { readonly used: number; readonly reserved: number } | undefined;
  /** Whether every model can be computed now. */
  readonly ready: boolean;
}

/** What happens in a server, for whoever counts it. */
export interface ServerMetrics {
  /** Called once: what to read when the numbers are asked for. */
  watch(gauges: () => Gauges): void;
  /** A request was answered to its end. */
  request(route: string, status: number, seconds: number): void;
  /** A batch of rows is computed. */
  batch(model: string, size: number): void;
  /** Tokens of a prompt were read, or tokens were generated. */
  tokens(model: string, kind: "prompt" | "generated", count: number): void;
  /** The first token of a text came so many seconds after its request; the others after the one before. */
  token(model: string, place: "first" | "next", seconds: number): void;
  /** All numbers, as Prometheus reads them. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}
