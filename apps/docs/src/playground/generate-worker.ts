import type { Gpu } from "@papilio/gpu-runtime";
import { TextGenerator } from "@papilio/nn";
import { loadCharacters } from "./character-model.ts";
import type { GenerateAnswer, GenerateSettings, StoryRequest } from "./messages.ts";
import { answerRequests, PageDevice } from "./page-device.ts";
import { loadStory, type TextModel } from "./story-model.ts";

const MOST_TOKENS = 200;
const CONTEXT = 256;

const device = new PageDevice(tell);
/** The model that was last used, by what was chosen of it. */
let loaded: { readonly choice: string; readonly text: TextModel } | undefined;

function tell(answer: GenerateAnswer): void {
  self.postMessage(answer);
}

const onProgress = (doing: string): void => tell({ tell: "progress", doing });

async function generate({ settings, models }: StoryRequest, signal: AbortSignal): Promise<void> {
  const { model, share } = settings;
  const choice = model === "stories" ? `${model} ${share}` : model;
  const gpu = await device.ready();
  if (loaded?.choice !== choice) {
    const text =
      model === "stories"
        ? await loadStory(share, signal, onProgress)
        : await loadCharacters(new URL(`${model}/`, models).href, signal, onProgress);
    loaded = { choice, text };
  }
  const { text } = loaded;
  const { conversion } = text;
  if (conversion !== undefined) tell({ tell: "converted", ...conversion });
  if (gpu === undefined) await continueText(text, undefined, settings, signal);
  else {
    gpu.memory.trim();
    gpu.memory.resetPeak();
    await device.watch(gpu, () => continueText(text, gpu, settings, signal));
  }
  tell({ tell: "done" });
}

async function continueText(
  { model, tokenizer }: TextModel,
  gpu: Gpu | undefined,
  { prompt, temperature, seed }: GenerateSettings,
  signal: AbortSignal,
): Promise<void> {
  onProgress("Compiling");
  const context = Math.min(CONTEXT, model.positions);
  using generator = await TextGenerator.create(model, { gpu, context, chunk: 16 });
  onProgress("Generating");
  // A text that fills the context goes on from its second half.
  const half = Math.floor(context / 2);
  let ids = lastOf(tokenizer.encode(prompt), half);
  const stream = tokenizer.decodeStream();
  let text = prompt;
  let [tokens, seconds] = [0, 0];
  // The model of stories ends one with the token that begins the next.
  const { beginOfSequence, endOfSequence } = tokenizer;
  const stopTokens = [beginOfSequence, endOfSequence].filter((id) => id !== undefined);
  const options = { temperature, topP: 0.9, signal, stopTokens };
  for (let isFull = true; isFull && tokens < MOST_TOKENS; ids = lastOf(ids, half)) {
    const before = seconds;
    const own = { ...options, seed: seed + tokens, maxTokens: MOST_TOKENS - tokens };
    const all = [...ids];
    for await (const { id, secondsAfterPrompt } of generator.generate(ids, own)) {
      all.push(id);
      text += stream.push(id);
      seconds = before + secondsAfterPrompt;
      tell({ tell: "text", text, tokens: ++tokens, seconds });
    }
    isFull = all.length > context;
    ids = all;
  }
}

function lastOf(ids: readonly number[], most: number): number[] {
  return ids.slice(Math.max(0, ids.length - most));
}

answerRequests<StoryRequest>(device, tell, generate);
