/**
 * Writes the version of the packages to where it stands a second time, after changesets have raised it:
 *
 *     pnpm version-packages
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../../..");
const manifest = readFileSync(resolve(root, "packages/gpu-runtime/package.json"), "utf8");
const { version } = JSON.parse(manifest) as { version: string };

function replace(path: string, line: RegExp, by: string): void {
  const file = resolve(root, path);
  const text = readFileSync(file, "utf8");
  if (!line.test(text)) throw new Error(`${path} has no line with the version: ${line}`);
  writeFileSync(file, text.replace(line, by));
}

replace(
  "packages/gpu-runtime/src/tuning/version.ts",
  /^export const VERSION = ".*";$/m,
  `export const VERSION = "${version}";`,
);
replace("CITATION.cff", /^version: .*$/m, `version: ${version}`);
