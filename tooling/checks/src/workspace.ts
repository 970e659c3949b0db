import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A path in a package, or paths by condition or name. */
export type PathTree = string | { readonly [key: string]: PathTree };

/** The fields of a package.json that the checks read. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly exports?: PathTree;
  readonly bin?: PathTree;
  readonly engines?: Readonly<Record<string, string>>;
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

/** The paths that a field such as `exports` names, without the leading `./`. */
export function pathsIn(tree: PathTree | undefined): string[] {
  if (tree === undefined) return [];
  if (typeof tree === "string") return [tree.replace(/^\.\//, "")];
  return Object.values(tree).flatMap(pathsIn);
}
