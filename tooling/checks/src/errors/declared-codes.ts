import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listWorkspace } from "../workspace.ts";

/** An error code as a package declares it. */
export interface DeclaredCode {
  readonly code: string;
  /** The package's name. */
  readonly name: string;
  /** When it is thrown. */
  readonly when: string;
  /** What to do then. */
  readonly remedy: string;
}

/** The files of a package's own sources that are neither tests nor for tests, relative to `root`. */
export function sourcesOf(root: string, folder: string): string[] {
  return globSync(`${folder}/src/**/*.ts`, { cwd: root })
    .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
    .sort();
}

/** Every code that the packages declare, in the order of the packages and of their `error-codes.ts`. */
export function declaredCodes(root: string): DeclaredCode[] {
  return listWorkspace(root)
    .filter(({ manifest }) => manifest.private !== true)
    .flatMap(({ folder, manifest }) =>
      sourcesOf(root, folder)
        .filter((path) => path.endsWith("/error-codes.ts"))
        .flatMap((path) => codesIn(readFileSync(join(root, path), "utf8"), manifest.name)),
    );
}

/** The members of the interface in an `error-codes.ts`, each with its comment. */
export function codesIn(source: string, name: string): DeclaredCode[] {
  return [...source.matchAll(/(\/\*\*(?:(?!\*\/).)*\*\/)?\s*\b([A-Z][A-Z0-9_]*): true;/gs)]
    .filter(({ index }) => !source.slice(source.lastIndexOf("\n", index) + 1).startsWith(" *"))
    .map(([, comment = "", code = ""]) => {
      const text = comment
        .replace(/^\/\*\*|\*\/$|^\s*\* /gm, " ")
        .replace(/\s+/g, " ")
        .trim();
      const [, when = text, remedy = ""] = /^(.*?[.;]) ([A-Z].*)$/.exec(text) ?? [];
      return { code, name, when, remedy };
    });
}
