import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";
import type { Environment } from "@papilio/bench";
import type { AdapterReport } from "@papilio/gpu-runtime";

const require = createRequire(import.meta.url);

function readVersion(from: NodeJS.Require, manifest: string): string {
  return (from(manifest) as { version: string }).version;
}

/** This program's version. */
export const version: string = readVersion(require, "../package.json");

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

/** Versions of Node, of this program and of Dawn, where that is installed. */
export function versions(): Record<string, string> {
  return { node: process.versions.node, papilio: version, webgpu: dawnVersion() };
}

function dawnVersion(): string {
  try {
    // Dawn is the GPU runtime's dependency, not this program's.
    const runtime = createRequire(require.resolve("@papilio/gpu-runtime/package.json"));
    return readVersion(runtime, "webgpu/package.json");
  } catch {
    return "not installed";
  }
}
