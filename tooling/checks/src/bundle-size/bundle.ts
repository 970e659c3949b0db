import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";

/** What a bundle for browsers takes, and what is in it. */
export interface BundleSize {
  /** Minified. */
  readonly bytes: number;
  /** Minified and compressed, as servers send it. */
  readonly gzip: number;
  /** Paths of the modules of which anything is left, `/` between folders. */
  readonly modules: readonly string[];
}

/**
 * Bundles the source text of a module for browsers as an application would, shaken and minified, with
 * packages resolved from the folder `root`. Workers that it starts count as well.
 */
export async function measureBundle(root: string, source: string): Promise<BundleSize> {
  const entry = "\0entry";
  const built = (await build({
    root,
    configFile: false,
    logLevel: "silent",
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict" },
    },
    plugins: [
      {
        name: "entry",
        enforce: "pre",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? source : null),
      },
    ],
  })) as Rolldown.RolldownOutput;
  const contents = built.output.map((file) =>
    Buffer.from(file.type === "chunk" ? file.code : file.source),
  );
  const modules = built.output.flatMap((file) =>
    file.type === "chunk"
      ? Object.entries(file.modules)
          .filter(([id, { renderedLength }]) => id !== entry && renderedLength > 0)
          .map(([id]) => id.replaceAll("\\", "/"))
      : [],
  );
  const whole = Buffer.concat(contents);
  return { bytes: whole.length, gzip: gzipSync(whole, { level: 9 }).length, modules };
}
