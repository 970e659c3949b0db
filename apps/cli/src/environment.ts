import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import type { Environment } from "@papilio/bench";
import type { AdapterReport } from "@papilio/gpu-runtime";
import { version } from "./program.ts";

/** Where a run is made, for its results file. */
export function describeEnvironment(adapter: AdapterReport, command: string): Environment {
  const processors = cpus();
  const [load = 0] = loadavg();
  return {
    date: new Date().toISOString(),
    command,
    adapter,
    platform: `${process.platform}-${process.arch}`,
    processors: `${processors.length} x ${processors[0]?.model ?? "unknown"}`,
    versions: versions(),
    load: process.platform === "win32" ? null : load,
  };
}

/** Versions of Node, of this program and of the optional packages, where they are installed. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const found: Record<string, string> = { node: process.versions.node, papilio: version };
  const runtime = createRequire(require.resolve("@papilio/gpu-runtime/package.json"));
  for (const name of ["webgpu"]) {
    try {
      found[name] = (runtime(`${name}/package.json`) as { version: string }).version;
    } catch {
      found[name] = "not installed";
    }
  }
  return found;
}
