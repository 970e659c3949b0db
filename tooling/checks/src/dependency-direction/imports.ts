import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

/** The rules of biome.json that decide what may import what. */
const rules = new Set([
  "lint/correctness/noNodejsModules",
  "lint/correctness/noProcessGlobal",
  "lint/style/noRestrictedGlobals",
  "lint/style/noRestrictedImports",
  "lint/suspicious/noImportCycles",
]);

export interface ImportProblem {
  /** Path relative to the repository. */
  readonly path: string;
  readonly line: number;
  /** Name of the rule, for example `noImportCycles`. */
  readonly rule: string;
  readonly message: string;
}

interface Diagnostic {
  readonly category: string;
  readonly message: string;
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
}

/**
 * Imports below `root` that point upwards, form a cycle, or bring Node into a browser's bundle,
 * as the rules of the biome.json in `root` define them.
 *
 * @throws Error when Biome itself fails, so that a broken configuration never passes for a clean tree.
 */
export function checkImports(root: string): ImportProblem[] {
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  // No --only: it would switch the rules on where biome.json switches them off.
  const run = spawnSync(
    process.execPath,
    [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."],
    { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  const report = parseReport(run.stdout);
  if (report === undefined) {
    throw new Error(`Biome gave no report (status ${run.status}): ${run.stderr.slice(0, 2000)}`);
  }
  if (report.files === 0) throw new Error("Biome looked at no file: its configuration is broken.");
  return report.diagnostics
    .filter(({ category }) => rules.has(category))
    .map(({ category, message, location }) => ({
      path: location.path,
      line: location.start.line,
      rule: category.slice(category.lastIndexOf("/") + 1),
      message,
    }));
}

function parseReport(
  text: string,
): { readonly files: number; readonly diagnostics: readonly Diagnostic[] } | undefined {
  try {
    const { summary, diagnostics } = JSON.parse(text) as {
      summary: { changed: number; unchanged: number };
      diagnostics: Diagnostic[];
    };
    return { files: summary.changed + summary.unchanged, diagnostics };
  } catch {
    return undefined;
  }
}
