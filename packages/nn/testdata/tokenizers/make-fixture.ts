/**
 * Writes reference.json: for each case, the ids and texts that the reference implementation (the package
 * `tokenizers`, the Node binding of huggingface/tokenizers) makes of its texts; with special tokens and
 * without, null where it fails.
 *
 *   node packages/nn/testdata/tokenizers/make-fixture.ts
 */
import { writeFileSync } from "node:fs";
import { Tokenizer } from "tokenizers";
import { CASES, type Case } from "../../src/tokenizers/testing/reference-cases.ts";

async function answersOf({ settings, texts }: Case): Promise<object[] | { error: string }> {
  try {
    const tokenizer = Tokenizer.fromString(JSON.stringify(settings));
    const answers: object[] = [];
    for (const text of texts) {
      const ids = async (addSpecialTokens: boolean): Promise<number[] | null> => {
        try {
          return (await tokenizer.encode(text, null, { addSpecialTokens })).getIds();
        } catch {
          return null;
        }
      };
      const all = await ids(true);
      answers.push({
        ids: all,
        plain: await ids(false),
        decoded: all === null ? null : await tokenizer.decode(all, true),
      });
    }
    return answers;
  } catch (error) {
    return { error: (error as Error).message.slice(0, 200) };
  }
}

const lines: string[] = [];
for (const one of CASES) {
  const answers = await answersOf(one);
  if ("error" in answers) console.error(`${one.name}: ${answers.error}`);
  lines.push(JSON.stringify({ name: one.name, answers }));
}
writeFileSync(new URL("reference.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
