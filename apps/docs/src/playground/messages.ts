import type { AdapterReport } from "@papilio/gpu-runtime";
import type { MemoryStatistics } from "@papilio/gpu-runtime/memory";
import type { DeviceRates } from "@papilio/gpu-runtime/planning";
import type { Settings } from "./settings.ts";

/** What the page asks of every worker. */
export type CommonRequest =
  | { readonly ask: "open" }
  | { readonly ask: "stop" }
  /** Destroys the device, as a driver does that hangs. */
  | { readonly ask: "lose" };

/** What the page asks of the worker that computes. */
export type Request = CommonRequest | RunRequest;
export interface RunRequest {
  readonly ask: "run";
  readonly settings: Settings;
  readonly address: string;
}

/** A failure as a `PapilioError` describes it. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** One way of multiplying, measured. */
export interface RunRow {
  readonly implementation: string;
  readonly description: string;
  readonly status: "timed" | "wrong" | "skipped";
  /** Largest error over its bound, or why it was skipped. */
  readonly check: string;
  /** Seconds of preparation, compilation and the first run. */
  readonly cold: number | null;
  /** Seconds of a warm run: the median and its 95 % interval. */
  readonly warm: { readonly median: number; readonly lower: number; readonly upper: number } | null;
  /** Share of its time that only rearranges memory. */
  readonly rewriting: number | null;
}

/** What a worker reports of its device. */
export type DeviceAnswer =
  | { readonly tell: "opened"; readonly report: AdapterReport }
  /** There is no adapter: from now on it computes on the CPU. */
  | { readonly tell: "unavailable"; readonly problem: Problem }
  | { readonly tell: "lost"; readonly problem: Problem }
  | { readonly tell: "memory"; readonly statistics: MemoryStatistics };

/** What a worker reports of its work. */
export type WorkAnswer =
  | { readonly tell: "progress"; readonly doing: string }
  | { readonly tell: "stopped" }
  | { readonly tell: "failed"; readonly problem: Problem };

/** What the worker that multiplies tells the page. */
export type Answer =
  | DeviceAnswer
  | WorkAnswer
  | { readonly tell: "rates"; readonly rates: DeviceRates }
  | {
      readonly tell: "done";
      readonly rows: readonly RunRow[];
      /** A results file, `papilio-bench/2`. */
      readonly file: string;
    };

/**
 * What continues a text: a Llama of llama2.c that was trained dense on stories, or a model of characters whose layers are
 * butterflies, trained by `papilio train` on the plays of Shakespeare.
 */
export type GenerateModel = "shakespeare" | "stories";

/** How a text is to be continued. */
export interface GenerateSettings {
  readonly model: GenerateModel;
  readonly prompt: string;
  /** 0 takes the likeliest token. */
  readonly temperature: number;
  readonly seed: number;
  /** Of the stories: most values of a feed-forward layer over those of its dense weight; 1 leaves it dense. */
  readonly share: number;
}

/** What the page asks of the worker that generates. */
export type GenerateRequest = CommonRequest | StoryRequest;
export interface StoryRequest {
  readonly ask: "generate";
  readonly settings: GenerateSettings;
  /** The address of the folder with the site's models. */
  readonly models: string;
}

/** What the worker that generates tells the page. */
export type GenerateAnswer =
  | DeviceAnswer
  | WorkAnswer
  /** The layers that became butterflies, with the mean of their errors. */
  | {
      readonly tell: "converted";
      readonly layers: number;
      readonly error: number;
      readonly kept: number;
    }
  | {
      readonly tell: "text";
      readonly text: string;
      readonly tokens: number;
      readonly seconds: number;
    }
  | { readonly tell: "done" };
