import { isBuiltin } from "node:module";
import { build } from "vite";

/**
 * Bundles `import * from <specifier>` for browsers, resolved from the folder `root`, and returns the
 * ids of all modules that the bundle or an import left in it refers to.
 *
 * The bundle is not shaken: whatever the entry reaches counts, used or not.
 */
export async function bundleForBrowser(root: string, specifier: string): Promise<string[]> {
  const entry = "\0entry";
  const seen = new Set<string>();
  await build({
    root,
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: entry, treeshake: false, preserveEntrySignatures: "strict" },
    },
    plugins: [
      {
        name: "record-modules",
        enforce: "pre",
        resolveId(id) {
          if (id === entry) return id;
          seen.add(id);
          return null;
        },
        load(id) {
          return id === entry ? `export * from ${JSON.stringify(specifier)};` : null;
        },
        moduleParsed({ id }) {
          if (id !== entry) seen.add(id);
        },
      },
    ],
  });
  return [...seen].toSorted();
}

/** Those of the module ids that only Node can load. */
export function nodeOnly(ids: readonly string[]): string[] {
  return ids.filter(
    (id) =>
      isBuiltin(id) ||
      id.includes("__vite-browser-external") ||
      /(^|\/)(webgpu|@sparticuz\/chromium)($|\/)/.test(id),
  );
}
