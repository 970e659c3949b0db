import {
  type Check,
  callback,
  either,
  listOf,
  recordOf,
  regularExpression,
  text,
} from "../arguments/checks.ts";
import { quoteNames, weightsError } from "./weights-error.ts";

/**
 * How names of stored tensors become names of parameters: by a table, in which names that are not there
 * stay; by rules that replace one after another, as `String.replace` does; or by a function, where
 * nothing as its result leaves the tensor out.
 */
export type Rename =
  | Readonly<Record<string, string>>
  | readonly (readonly [pattern: string | RegExp, replacement: string])[]
  | ((name: string) => string | undefined);

const ruleCheck: Check = (name, rule) => {
  listOf(either(regularExpression, text))(name, rule);
  const [, replacement] = rule as readonly unknown[];
  text(`The replacement of ${name}`, replacement);
};

/** Refuses what is not a {@link Rename}. */
export const renameCheck: Check = (name, value) => {
  if (Array.isArray(value)) listOf(ruleCheck)(name, value);
  else either(callback, recordOf(text))(name, value);
};

/**
 * New names and the tensors that get them.
 *
 * @throws PapilioError `STATE_DICT_RENAME` when two get the same
 */
export function renamed(names: Iterable<string>, rename: Rename | undefined): Map<string, string> {
  const change = toFunction(rename);
  const found = new Map<string, string>();
  for (const name of names) {
    const next = change(name);
    if (next === undefined) continue;
    text(`The new name of ${name}`, next);
    const other = found.get(next);
    if (other !== undefined) {
      throw weightsError(
        "STATE_DICT_RENAME",
        `Both ${quoteNames([other])} and ${quoteNames([name])} are renamed to ${quoteNames([next])}.`,
      );
    }
    found.set(next, name);
  }
  return found;
}

function toFunction(rename: Rename | undefined): (name: string) => string | undefined {
  if (rename === undefined) return (name) => name;
  if (typeof rename === "function") return rename;
  if (isRules(rename)) {
    return (name) =>
      rename.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), name);
  }
  const table = new Map(Object.entries(rename));
  return (name) => table.get(name) ?? name;
}

function isRules(
  rename: Exclude<Rename, (name: string) => unknown>,
): rename is readonly (readonly [string | RegExp, string])[] {
  return Array.isArray(rename);
}
