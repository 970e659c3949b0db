import { withBase } from "vitepress";
import { onMounted, onUnmounted, type Ref, ref, shallowRef } from "vue";
import type { GenerateAnswer, GenerateRequest, GenerateSettings, Problem } from "./messages.ts";
import { type DeviceView, useDevice } from "./use-device.ts";
import { workerProblem } from "./use-worker.ts";

type Conversion = Extract<GenerateAnswer, { tell: "converted" }>;

/** The worker that generates, and what it reported. */
export interface GeneratorWorker extends Pick<DeviceView, "device" | "memory"> {
  readonly doing: Ref<string | undefined>;
  readonly text: Ref<string>;
  readonly tokensPerSecond: Ref<number | undefined>;
  readonly conversion: Ref<Conversion | undefined>;
  readonly failure: Ref<Problem | undefined>;
  generate(settings: GenerateSettings): void;
  stop(): void;
  open(): void;
  lose(): void;
}

/** Starts the worker with the page that shows it, and ends it with it. */
export function useGenerator(): GeneratorWorker {
  const { device, memory, hear } = useDevice();
  const doing = ref<string>();
  const text = ref("");
  const tokensPerSecond = ref<number>();
  const conversion = shallowRef<Conversion>();
  const failure = shallowRef<Problem>();
  let worker: Worker | undefined;

  function ask(request: GenerateRequest): void {
    worker?.postMessage(request);
  }

  function take(answer: GenerateAnswer): void {
    switch (answer.tell) {
      case "opened":
      case "unavailable":
      case "lost":
      case "memory":
        hear(answer);
        return;
      case "progress":
        doing.value = answer.doing;
        return;
      case "converted":
        conversion.value = answer;
        return;
      case "text":
        text.value = answer.text;
        // The first token comes with the prompt.
        if (answer.tokens > 1) tokensPerSecond.value = (answer.tokens - 1) / answer.seconds;
        return;
      case "failed":
        failure.value = answer.problem;
        doing.value = undefined;
        return;
      case "stopped":
      case "done":
        doing.value = undefined;
    }
  }

  onMounted(() => {
    worker = new Worker(new URL("./generate-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<GenerateAnswer>) => take(data);
    worker.onerror = ({ message }) => take({ tell: "failed", problem: workerProblem(message) });
    ask({ ask: "open" });
  });
  onUnmounted(() => worker?.terminate());

  return {
    device,
    memory,
    doing,
    text,
    tokensPerSecond,
    conversion,
    failure,
    generate(settings) {
      failure.value = undefined;
      conversion.value = undefined;
      tokensPerSecond.value = undefined;
      memory.value = [];
      text.value = settings.prompt;
      doing.value = "Opening the device";
      const models = new URL(withBase("/models/"), location.href).href;
      ask({ ask: "generate", settings: { ...settings }, models });
    },
    stop: () => ask({ ask: "stop" }),
    open: () => ask({ ask: "open" }),
    lose: () => ask({ ask: "lose" }),
  };
}
