import { expect } from "vitest";
import { TextGenerator } from "../generation/text-generator.ts";
import { stories260K } from "./test-data.ts";

/**
 * Expects that stories260K continues as the reference does, token for token, by the reference kernels, by
 * WebAssembly and on the device.
 *
 * @param onDevice a generator of stories260K
 * @param tokens how many are compared, of the reference's 256; the text is compared when all are
 */
export async function expectStory(onDevice: TextGenerator, tokens: number): Promise<void> {
  const { model, tokenizer, reference: expected } = stories260K();
  const begin = [tokenizer.beginOfSequence as number];
  using reference = TextGenerator.onCpu(model, { kernels: "reference" });
  using onCpu = TextGenerator.onCpu(model);
  const ids = expected.greedyIds.slice(0, tokens);
  for (const generator of [reference, onCpu, onDevice]) {
    const stream = tokenizer.decodeStream();
    const found: number[] = [];
    let text = "";
    for await (const { id } of generator.generate(begin, { maxTokens: tokens })) {
      found.push(id);
      text += stream.push(id);
    }
    expect(found).toEqual(ids);
    const whole = (text + stream.end()).trim();
    if (ids.length === expected.greedyIds.length) expect(whole).toBe(expected.text.trim());
    else expect(expected.text.trim().startsWith(whole)).toBe(true);
  }
}
