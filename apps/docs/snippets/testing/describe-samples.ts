import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, it, vi } from "vitest";
import { runSnippet } from "./run-snippet.ts";
import { BEFORE, FILES, type Samples } from "./samples.ts";

/** Tests that samples run, in a folder with the files that they read. */
export function describeSamples(samples: Samples): void {
  // Beside the snippets, where packages are found.
  const modules = mkdtempSync(resolve(import.meta.dirname, "../.samples-"));
  const folder = mkdtempSync(join(tmpdir(), "papilio-samples-"));
  const start = process.cwd();

  beforeAll(() => {
    for (const [name, path] of Object.entries(FILES)) copyFileSync(path, join(folder, name));
    mkdirSync(join(folder, "caches"));
    vi.stubEnv("XDG_CACHE_HOME", join(folder, "caches"));
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(start);
    vi.unstubAllEnvs();
    for (const path of [modules, folder]) rmSync(path, { recursive: true });
  });

  it.each([...samples])("the sample of %s runs", { timeout: 600_000 }, async (name, sample) => {
    const path = join(modules, `${name.replaceAll(/\W+/g, "-")}.ts`);
    writeFileSync(path, `${BEFORE[name] ?? ""}\n${sample}`);
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      await runSnippet(path);
    } finally {
      written.mockRestore();
    }
  });
}
