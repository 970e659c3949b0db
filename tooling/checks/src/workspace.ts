import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A path in a package, or paths by condition or name. */
export type PathTree = string | { readonly [key: string]: PathTree };

/** The fields of a package.json that the checks read. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: PathTree;
  readonly bin?: PathTree;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A workspace package: its folder relative to the repository, and its package.json. */
export interface WorkspacePackage {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every package below packages, apps and tooling, sorted by folder. */
export function listWorkspace(root: string): WorkspacePackage[] {
  return globSync("{packages,apps,tooling}/*/package.json", { cwd: root })
    .toSorted()
    .map((path) => ({
      folder: path.slice(0, -"/package.json".length),
      manifest: JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest,
    }));
}
