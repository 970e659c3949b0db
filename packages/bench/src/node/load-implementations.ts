import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PapilioError } from "@papilio/butterfly";
import { requireText } from "@papilio/butterfly/errors";
import * as v from "valibot";
import { describeIssue } from "../arguments/describe-issue.ts";
import type { Implementation } from "../implementations/implementation.ts";

const implementation = v.looseObject({
  name: v.pipe(
    v.string(),
    v.regex(
      /^[a-z0-9][a-z0-9.-]{0,59}$/,
      "a name has lower-case letters, digits, hyphens and dots, 60 at most",
    ),
  ),
  description: v.pipe(v.string(), v.maxLength(500)),
  arithmetic: v.optional(v.picklist(["factors", "product"])),
  halfSums: v.optional(v.picklist(["f32", "f16"])),
  processor: v.optional(v.picklist(["adapter", "cpu"])),
  prepare: v.function(),
});

/** What a file of implementations exports. */
const exported = v.looseObject({
  implementation: v.optional(implementation),
  implementations: v.optional(v.array(implementation)),
});

/**
 * Loads implementations of your own: a module, in TypeScript or JavaScript, that exports one as
 * `implementation` or several as `implementations`. It runs with this program's rights.
 *
 * @param path relative to the working folder, or absolute
 * @throws PapilioError `IMPLEMENTATION_FILE_UNREADABLE` when the module does not load, with what it
 * threw; `IMPLEMENTATION_FILE_INVALID` when it exports no implementation
 */
export async function loadImplementations(path: string): Promise<readonly Implementation[]> {
  requireText("The path of a module", path);
  let module: unknown;
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw new PapilioError(
      "IMPLEMENTATION_FILE_UNREADABLE",
      `The file ${path} cannot be loaded: ${(cause as Error).message}.`,
      "Give the path of a TypeScript or JavaScript module. TypeScript may use only syntax that can be left out: no enums, no parameter properties.",
      { cause },
    );
  }
  const parsed = v.safeParse(exported, { ...(module as object) });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(path, describeIssue(issue));
  }
  const { implementation: one, implementations: several = [] } = parsed.output;
  const found = [...(one === undefined ? [] : [one]), ...several];
  if (found.length === 0) throw invalid(path, "there is none");
  return found as unknown as Implementation[];
}

function invalid(path: string, problem: string): PapilioError {
  return new PapilioError(
    "IMPLEMENTATION_FILE_INVALID",
    `The file ${path} exports no usable implementation: ${problem}.`,
    "Export a value of the type Implementation as `implementation`, or a list as `implementations`.",
  );
}
