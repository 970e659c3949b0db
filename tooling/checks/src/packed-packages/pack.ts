import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { listWorkspace, type Manifest } from "../workspace.ts";

/** A package as it would be published. */
export interface PackedPackage {
  /** package.json as published: `publishConfig` applied, `workspace:` versions resolved. */
  readonly manifest: Manifest;
  /** Absolute path of the tarball. */
  readonly tarball: string;
  /** Paths in the tarball, without the leading `package/`. */
  readonly files: readonly string[];
}

/** Packs every publishable package of the repository at `root` into the folder `into`. */
export function packAll(root: string, into: string): PackedPackage[] {
  return listWorkspace(root)
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder }) => {
      const tarball = join(into, `${folder.replaceAll("/", "-")}.tgz`);
      // pnpm is on the path of every script that pnpm runs, and the tests run from one.
      execFileSync("pnpm", ["pack", "--out", tarball], {
        cwd: join(root, folder),
        stdio: ["ignore", "ignore", "inherit"],
      });
      return {
        manifest: JSON.parse(tar("-xzOf", tarball, "package/package.json")) as Manifest,
        tarball,
        files: tar("-tzf", tarball)
          .trim()
          .split("\n")
          .map((path) => path.replace(/^package\//, "")),
      };
    });
}

function tar(...args: string[]): string {
  return execFileSync("tar", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
}
