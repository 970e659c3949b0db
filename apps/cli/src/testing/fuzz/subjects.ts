import { graphSubjects } from "./graph-subjects.ts";
import { httpSubjects } from "./http-subjects.ts";
import { imageSubjects } from "./image-subjects.ts";
import { modelSubjects } from "./model-subjects.ts";
import { numberSubjects } from "./number-subjects.ts";
import { resultSubjects } from "./result-subjects.ts";
import type { Subject } from "./subject.ts";

const GROUPS: Readonly<Record<string, () => Subject[]>> = {
  numbers: numberSubjects,
  models: modelSubjects,
  results: resultSubjects,
  graphs: graphSubjects,
  images: imageSubjects,
  http: httpSubjects,
};

/**
 * All readers of files that people may have from anywhere, and of what servers send.
 *
 * @param groups of readers; all unless given
 */
export function openSubjects(groups: readonly string[] = Object.keys(GROUPS)): readonly Subject[] {
  return groups.flatMap((name) => {
    const open = GROUPS[name];
    if (open !== undefined) return open();
    throw new Error(`There is no group ${name} of readers, but ${Object.keys(GROUPS).join(", ")}.`);
  });
}
