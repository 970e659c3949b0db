/** What a server takes at most. */
export interface Limits {
  /** Bytes of a request's body; 32 MiB unless given. */
  readonly bodyBytes: number;
  /** Tokens of one text that are generated; 4096 unless given. */
  readonly tokens: number;
  /** Texts, or rows of a batch, of one request; 256 unless given. */
  readonly items: number;
  /** Texts and rows that wait or are computed, of each model; 512 unless given. */
  readonly queue: number;
  /** Requests whose bodies are read or that are answered; 256 unless given. */
  readonly requests: number;
  /** Seconds of a request; 600 unless given. */
  readonly seconds: number;
  /** Texts that are generated together, and rows that are computed at once; 16 unless given. */
  readonly batch: number;
  /** Milliseconds that a row waits for others; 5 unless given. */
  readonly waitMs: number;
}

export const LIMITS: Limits = {
  bodyBytes: 2 ** 25,
  tokens: 4096,
  items: 256,
  queue: 512,
  requests: 256,
  seconds: 600,
  batch: 16,
  waitMs: 5,
};
