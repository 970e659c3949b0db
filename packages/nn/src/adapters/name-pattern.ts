import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";
import { compileRegex } from "../tokenizers/hugging-face/regex/compile.ts";
import { matches } from "../tokenizers/hugging-face/regex/search.ts";

/** Patterns of one file that are searched for, rather than compared. */
const MOST_PATTERNS = 64;
const LONGEST = 4096;

/** Whether a name is, or ends in, one of some parts of dotted names, as PEFT compares lists of modules. */
export function endsInOneOf(name: string, ends: readonly string[]): boolean {
  return ends.some((end) => name === end || name.endsWith(`.${end}`));
}

/**
 * Whether names match a regular expression from beginning to end, in time linear in their length.
 *
 * @param where the expression stands, for messages
 * @throws PapilioError `CONFIG_UNSUPPORTED` for an expression that is not one here
 */
export function wholeNamePattern(pattern: string, where: string): (name: string) => boolean {
  if (pattern.length > LONGEST) throw unsupported(where, pattern, "it is too long");
  try {
    const program = compileRegex(`\\A(?:${pattern})\\z`);
    return (name) => !matches(program, name).next().done;
  } catch (cause) {
    throw unsupported(where, pattern, (cause as Error).message);
  }
}

/**
 * What a pattern of a table says for a name: PEFT takes the first whose pattern is the name, or its end from a dot on.
 *
 * @throws PapilioError `CONFIG_UNSUPPORTED`
 */
export function tableOfPatterns(
  table: ReadonlyMap<string, number>,
  where: string,
): (name: string) => number | undefined {
  const searched = [...table.keys()].filter((pattern) => !isPlain(pattern));
  if (searched.length > MOST_PATTERNS) {
    throw unsupported(where, searched[0] as string, `it is one of more than ${MOST_PATTERNS}`);
  }
  const entries = [...table].map(([pattern, value]) => {
    const test = isPlain(pattern)
      ? (name: string) => endsInOneOf(name, [pattern])
      : wholeNamePattern(`(?:.*\\.)?(?:${pattern})`, where);
    return [test, value] as const;
  });
  return (name) => entries.find(([test]) => test(name))?.[1];
}

/** Without what means more in an expression than itself, but for dots. */
function isPlain(pattern: string): boolean {
  return /^[\w.]+$/.test(pattern);
}

function unsupported(where: string, pattern: string, why: string): PapilioError {
  return new PapilioError(
    "CONFIG_UNSUPPORTED",
    `${where} of the adapter's adapter_config.json has the pattern ${describeValue(pattern)}, which is not searched for here: ${why}.`,
    "Give a list of the names of modules instead.",
  );
}
