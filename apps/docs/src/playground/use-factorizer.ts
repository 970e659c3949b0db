import { onUnmounted, type Ref, ref, shallowRef } from "vue";
import type { FactorizeAnswer, FactorizeRequest, Point } from "./factorize-messages.ts";
import type { Matrix } from "./matrix-source.ts";
import type { Problem } from "./messages.ts";

type Factorized = Extract<FactorizeAnswer, { tell: "factorized" }>;

/** The worker that factorizes, and what it reported. */
export interface Factorizer {
  /** The share of the work that is done; undefined while it waits. */
  readonly share: Ref<number | undefined>;
  readonly front: Ref<readonly Point[]>;
  readonly searchSeconds: Ref<number>;
  readonly factorized: Ref<Factorized | undefined>;
  readonly failure: Ref<Problem | undefined>;
  search(matrix: Matrix): void;
  factorize(chain: string): void;
}

/** Starts the worker with the page that shows it, and ends it with it. */
export function useFactorizer(): Factorizer {
  const share = ref<number>();
  const front = shallowRef<readonly Point[]>([]);
  const searchSeconds = ref(0);
  const factorized = shallowRef<Factorized>();
  const failure = shallowRef<Problem>();
  let worker: Worker | undefined;

  function hear(answer: FactorizeAnswer): void {
    if (answer.tell === "progress") {
      share.value = answer.share;
      return;
    }
    share.value = undefined;
    if (answer.tell === "front") {
      front.value = answer.points;
      searchSeconds.value = answer.seconds;
    } else if (answer.tell === "factorized") factorized.value = answer;
    else if (answer.tell === "failed") failure.value = answer.problem;
  }

  function open(): Worker {
    const opened = new Worker(new URL("./factorize-worker.ts", import.meta.url), {
      type: "module",
    });
    opened.onmessage = ({ data }: MessageEvent<FactorizeAnswer>) => hear(data);
    opened.onerror = ({ message }) => {
      share.value = undefined;
      const fix = "Reload the page; please report this, with the message.";
      failure.value = {
        code: "WORKER",
        message: message || "The worker could not be loaded.",
        fix,
      };
    };
    return opened;
  }

  function ask(request: FactorizeRequest): void {
    failure.value = undefined;
    share.value = 0;
    // Opened when it is first needed: a part of the page asks before the page is mounted.
    worker ??= open();
    worker.postMessage(request);
  }

  onUnmounted(() => worker?.terminate());

  return {
    share,
    front,
    searchSeconds,
    factorized,
    failure,
    search({ dense, n }) {
      // A search that is under way does not listen before its next pause.
      if (share.value !== undefined) {
        worker?.terminate();
        worker = undefined;
      }
      front.value = [];
      factorized.value = undefined;
      ask({ ask: "search", dense, n });
    },
    factorize: (chain) => ask({ ask: "factorize", chain }),
  };
}
