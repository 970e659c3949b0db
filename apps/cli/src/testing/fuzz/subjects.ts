import { graphSubjects } from "./graph-subjects.ts";
import { imageSubjects } from "./image-subjects.ts";
import { modelSubjects } from "./model-subjects.ts";
import { numberSubjects } from "./number-subjects.ts";
import { resultSubjects } from "./result-subjects.ts";
import type { Subject } from "./subject.ts";

/** All readers of files that people may have from anywhere. */
export function openSubjects(): readonly Subject[] {
  return [
    ...numberSubjects(),
    ...modelSubjects(),
    ...resultSubjects(),
    ...graphSubjects(),
    ...imageSubjects(),
  ];
}
