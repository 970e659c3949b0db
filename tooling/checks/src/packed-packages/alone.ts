import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runIn } from "./consumer.ts";
import type { PackedPackage } from "./pack.ts";

/** Whose matrices a package multiplies by: a program that uses it has that one too. */
const BESIDE: Readonly<Record<string, string>> = { "@papilio/cpu-runtime": "@papilio/butterfly" };

export type Manager = "npm" | "pnpm";

/**
 * Makes below `folder` a project for each package that depends on its tarball alone, and on what it
 * multiplies by. What that depends on
 * comes from the registry, or is another of the tarballs.
 *
 * By pnpm nothing is hoisted: a package finds what it declares, and nothing else.
 */
export function installAlone(
  folder: string,
  packages: readonly PackedPackage[],
  manager: Manager,
): void {
  mkdirSync(folder);
  const tarballs = Object.fromEntries(
    packages.map(({ manifest: { name }, tarball }) => [name, `file:${tarball}`]),
  );
  for (const { manifest } of packages) {
    const project = projectOf(folder, manifest.name);
    mkdirSync(project);
    const { [manifest.name]: own, ...overrides } = tarballs;
    const beside = BESIDE[manifest.name];
    const description = {
      name: `alone-${shortName(manifest.name)}`,
      private: true,
      type: "module",
      dependencies: { [manifest.name]: own, ...(beside && { [beside]: tarballs[beside] }) },
      // What a Node project in TypeScript has anyway.
      devDependencies: { "@types/node": "24.19.2" },
      ...(manager === "npm" && { overrides }),
    };
    writeFileSync(join(project, "package.json"), JSON.stringify(description));
    if (manager === "npm") {
      const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
      runIn(project, "npm", "install", ...flags);
    }
  }
  if (manager === "npm") return;
  const workspace = {
    packages: ["*"],
    hoist: false,
    shamefullyHoist: false,
    overrides: tarballs,
    allowBuilds: { webgpu: false },
  };
  // JSON is YAML.
  writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify(workspace));
  runIn(folder, "pnpm", "install", "--no-frozen-lockfile");
}

export function projectOf(folder: string, name: string): string {
  return join(folder, shortName(name));
}

/** `butterfly` of `@papilio/butterfly`. */
export function shortName(name: string): string {
  return name.replace(/^.*\//, "");
}
