import type { Gpu } from "@papilio/gpu-runtime";
import { TextGenerator } from "@papilio/nn";
import type { GenerateAnswer, GenerateSettings, StoryRequest } from "./messages.ts";
import { answerRequests, PageDevice } from "./page-device.ts";
import { loadStory, type Story } from "./story-model.ts";

const MOST_TOKENS = 200;
const CONTEXT = 256;

const device = new PageDevice(tell);
/** The model that was last used, by the share of its layers' values. */
let loaded: { readonly share: number; readonly story: Story } | undefined;

function tell(answer: GenerateAnswer): void {
  self.postMessage(answer);
}

const onProgress = (doing: string): void => tell({ tell: "progress", doing });

async function generate({ settings }: StoryRequest, signal: AbortSignal): Promise<void> {
  const { share } = settings;
  const gpu = await device.ready();
  if (loaded?.share !== share) {
    loaded = { share, story: await loadStory(share, signal, onProgress) };
  }
  const { conversion } = loaded.story;
  if (conversion !== undefined) tell({ tell: "converted", ...conversion });
  if (gpu === undefined) await tellStory(loaded.story, undefined, settings, signal);
  else {
    const { story } = loaded;
    gpu.memory.trim();
    gpu.memory.resetPeak();
    await device.watch(gpu, () => tellStory(story, gpu, settings, signal));
  }
  tell({ tell: "done" });
}

async function tellStory(
  { model, tokenizer }: Story,
  gpu: Gpu | undefined,
  { prompt, temperature, seed }: GenerateSettings,
  signal: AbortSignal,
): Promise<void> {
  onProgress("Compiling");
  const sizes = { context: CONTEXT, chunk: 16 };
  using generator = await TextGenerator.create(model, { gpu, ...sizes });
  onProgress("Generating");
  const ids = tokenizer.encode(prompt);
  const stream = tokenizer.decodeStream();
  let text = prompt;
  let tokens = 0;
  const options = { maxTokens: MOST_TOKENS, temperature, seed, topP: 0.9, signal };
  // This model ends a story with the token that begins the next.
  const { beginOfSequence, endOfSequence } = tokenizer;
  const stopTokens = [beginOfSequence, endOfSequence].filter((id) => id !== undefined);
  for await (const { id, secondsAfterPrompt } of generator.generate(ids, {
    ...options,
    stopTokens,
  })) {
    text += stream.push(id);
    tokens++;
    tell({ tell: "text", text, tokens, seconds: secondsAfterPrompt });
  }
}

answerRequests<StoryRequest>(device, tell, generate);
