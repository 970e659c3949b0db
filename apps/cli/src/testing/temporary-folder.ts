import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

/** A folder of a file of tests. */
export interface TemporaryFolder {
  readonly path: string;
  /** The path of what is in it. */
  at(...names: readonly string[]): string;
  /** Writes a file, and makes the folders that it is in. Its path comes back. */
  write(name: string, contents: string | Uint8Array): string;
}

/** An empty folder that is removed after the tests of a file. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "papilio-test-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  const at = (...names: readonly string[]): string => join(path, ...names);
  return {
    path,
    at,
    write: (name, contents) => {
      const file = at(name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, contents);
      return file;
    },
  };
}
