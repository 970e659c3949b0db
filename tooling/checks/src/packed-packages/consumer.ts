import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PackedPackage } from "./pack.ts";

/** Runs a program in the project at `folder` and returns what it writes to stdout. */
export function runIn(folder: string, program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      cwd: folder,
      encoding: "utf8",
      env: outsideEnvironment(),
    });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")} failed\n${stdout}\n${stderr}`, { cause });
  }
}

/**
 * Makes `folder` a project that has the tarballs installed from disk, as a user's would, and from
 * the registry the `others`, versions by name.
 */
export function installPacked(
  folder: string,
  packages: readonly PackedPackage[],
  others: Readonly<Record<string, string>>,
): void {
  const packed = packages.map(({ manifest: { name }, tarball }) => [name, `file:${tarball}`]);
  const manifest = {
    name: "consumer",
    private: true,
    type: "module",
    dependencies: { ...Object.fromEntries(packed), ...others },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  runIn(folder, "npm", "install", "--no-audit", "--no-fund", "--loglevel=error");
}

/** Writes a strict tsconfig.json for one file of the project. */
export function configureTypes(
  folder: string,
  file: string,
  options: {
    readonly lib: readonly string[];
    readonly types: readonly string[];
    readonly skipLibCheck: boolean;
  },
): void {
  const compilerOptions = {
    target: "es2023",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    noEmit: true,
    ...options,
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: [file] }, null, 2),
  );
}

/**
 * The environment less what npm and pnpm told the running script about this workspace. It would
 * make the npm of the other project act on this one, and let its programs find this one's packages.
 */
function outsideEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_(package|lifecycle|config_local_prefix)|pnpm_|INIT_CWD|NODE_PATH)/i.test(name),
    ),
  );
}
