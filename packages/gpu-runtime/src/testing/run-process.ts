import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const source = new URL("../", import.meta.url);

/** A module of this package, as a program of {@link runProcess} imports it. */
export function moduleOf(path: string): string {
  return JSON.stringify(fileURLToPath(new URL(path, source)));
}

/**
 * Runs a program in a process of its own, as a user's script is.
 *
 * @returns what it wrote to stdout; throws unless it exits with 0
 */
export function runProcess(program: string, flags: readonly string[] = []): string {
  return execFileSync(
    process.execPath,
    ["--conditions=@papilio/source", ...flags, "--input-type=module-typescript", "--eval", program],
    {
      // Whose packages the program imports by their names.
      cwd: source,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      // SwiftShader writes lines to stderr for each device.
      maxBuffer: 2 ** 26,
    },
  ).trim();
}
