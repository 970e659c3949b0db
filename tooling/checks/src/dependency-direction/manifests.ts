import type { WorkspacePackage } from "../workspace.ts";
import { layers } from "./layers.ts";

/** The fields of a package.json that say what the package needs when it runs. */
const runTimeFields = ["dependencies", "optionalDependencies", "peerDependencies"] as const;

/**
 * Run-time dependencies of workspace packages on each other that {@link layers} does not allow, one
 * line each. An empty list means that the packages form the intended order, hence no cycle.
 */
export function checkManifests(packages: readonly WorkspacePackage[]): string[] {
  const inWorkspace = new Set(packages.map(({ manifest }) => manifest.name));
  const problems: string[] = [];
  for (const { folder, manifest } of packages) {
    // Tooling is not part of the order: it may use anything, and nothing may use it at run time.
    if (folder.startsWith("tooling/")) continue;
    const allowed: readonly string[] | undefined = (
      layers as Readonly<Record<string, readonly string[]>>
    )[manifest.name];
    if (allowed === undefined) {
      problems.push(`${folder}: ${manifest.name} has no layer; add it to layers.ts and biome.json`);
      continue;
    }
    for (const field of runTimeFields) {
      for (const name of Object.keys(manifest[field] ?? {})) {
        if (inWorkspace.has(name) && !allowed.includes(name)) {
          problems.push(`${folder}/package.json: ${manifest.name} must not depend on ${name}`);
        }
      }
    }
  }
  return problems;
}
