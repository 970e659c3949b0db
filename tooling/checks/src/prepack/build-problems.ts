import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { type PathTree, pathsIn } from "../workspace.ts";

/** The fields of a package.json that name files. */
interface Published {
  readonly exports?: PathTree;
  readonly bin?: PathTree;
  readonly publishConfig?: { readonly exports?: PathTree };
}

/** What keeps the package in `folder` from being packed: what its build lacks, and what is left of old ones. */
export function buildProblems(folder: string, manifest: Published): string[] {
  const list = (pattern: string): string[] => globSync(pattern, { cwd: folder });
  const built = new Set(list("dist/**/*.js"));
  const compiled = list("src/**/*.ts")
    .filter((path) => !/\.test\.ts$|(^|[\\/])testing[\\/]|\.d\.ts$/.test(path))
    .map((path) => path.replace(/^src/, "dist").replace(/\.ts$/, ".js"));
  const { exports = manifest.exports } = manifest.publishConfig ?? {};
  const named = [...pathsIn(exports), ...pathsIn(manifest.bin)];
  const missing = [
    ...compiled.filter((path) => !built.has(path)),
    ...named.filter((path) => !existsSync(join(folder, path))),
  ];
  const sourceOf = (path: string): string => path.replace(/^dist/, "src").replace(/\.js$/, ".ts");
  const stale = [...built].filter((path) => !existsSync(join(folder, sourceOf(path))));
  return [
    ...[...new Set(missing)].map((path) => `${path} is missing`),
    ...stale.map((path) => `${path} has no source any more`),
  ];
}
