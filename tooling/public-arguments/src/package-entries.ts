import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The names of a package's entries in its manifest, as developed and as published, in order of the alphabet. */
export function manifestEntries(folder: string): { developed: string[]; published: string[] } {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly exports: object;
    readonly publishConfig: { readonly exports: object };
  };
  return {
    developed: Object.keys(manifest.exports).toSorted(),
    published: Object.keys(manifest.publishConfig.exports).toSorted(),
  };
}

/** Names that more than one of the entries export. */
export function repeatedNames(entries: Readonly<Record<string, object>>): string[] {
  const names = Object.values(entries).flatMap(Object.keys);
  return names.filter((name, index) => names.indexOf(name) !== index);
}
