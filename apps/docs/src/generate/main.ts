import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { allDrawings } from "../drawings/index.ts";
import { renderDrawing } from "../drawings/svg.ts";
import { changelogPart } from "./changelog.ts";
import { errorCodesPart } from "./error-codes.ts";
import { resultsParts } from "./results.ts";

const root = resolve(import.meta.dirname, "../../../..");
const target = resolve(import.meta.dirname, "../../generated");

/** Makes what pages include: drawings, tables and figures of results, error codes, the change log. */
const parts = await resultsParts(join(root, "results"));
for (const drawing of await allDrawings()) {
  parts.set(`drawings/${drawing.name}.md`, renderDrawing(drawing));
}
parts.set("error-codes.md", errorCodesPart(root));
parts.set("changelog.md", changelogPart(root));

rmSync(target, { recursive: true, force: true });
for (const [path, content] of parts) {
  const file = join(target, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
