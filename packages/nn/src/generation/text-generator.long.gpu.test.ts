import { it } from "vitest";
import { expectStory } from "../testing/expect-story.ts";
import { openTestGpu } from "../testing/open-test-gpu.ts";

it("stories260K continues as the reference does for all of its 256 tokens", async () => {
  using gpu = await openTestGpu();
  await expectStory(gpu, 256);
});
