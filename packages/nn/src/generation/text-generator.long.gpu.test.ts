import { it } from "vitest";
import { expectStory } from "../testing/expect-story.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";
import { stories260K } from "../testing/test-data.ts";
import { TextGenerator } from "./text-generator.ts";

it("stories260K continues as the reference does for all of its 256 tokens", async () => {
  using gpu = await openTestGpu();
  using generator = await TextGenerator.onDevice(gpu, stories260K().model);
  await expectStory(generator, 256);
});
