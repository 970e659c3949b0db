import { type BigIntStats, fstatSync, writeSync } from "node:fs";
import { type OutputFile, outputFailed } from "@papilio/gpu-runtime/node";
import { escapeControls } from "./print.ts";
import { exitStatus } from "./report-error.ts";

const STDOUT = 1;
const NAME = "Standard output";

/** Whether a path leads to where stdout goes, as `/dev/stdout` does. */
export function isStandardOutput({ kind, identity }: OutputFile): boolean {
  if (kind === "new") return false;
  const status = statusOf(STDOUT);
  return status !== undefined && identity === `${status.dev}:${status.ino}`;
}

/**
 * Has the process fail where what it prints cannot be written: Node drops such errors of
 * `console.log`. A reader that has gone, as behind `head`, is not an error.
 */
export function watchStandardOutput(): void {
  process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EPIPE") process.exitCode = exitStatus(outputFailed(NAME, cause));
  });
  // To a file, Node makes one write and never looks at how much of it was taken (seen up to version
  // 24: lib/internal/fs/sync_write_stream.js). On a nearly full disk, the rest is lost in silence.
  if (!statusOf(STDOUT)?.isFile()) return;
  process.stdout._write = (chunk: Uint8Array, _encoding, done) => {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(STDOUT, chunk, at);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

/**
 * Writes data to stdout, as it is unless that is a terminal.
 *
 * @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED`
 */
export async function writeToStandardOutput(contents: string | Uint8Array): Promise<void> {
  assertStandardOutput();
  const shown = typeof contents === "string" && process.stdout.isTTY;
  const data = shown ? escapeControls(contents) : contents;
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(data, (error) => {
      if (error) reject(outputFailed(NAME, error));
      else resolve();
    });
  });
}

/** @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED` when a write to stdout has failed before */
function assertStandardOutput(): void {
  if (process.stdout.errored) throw outputFailed(NAME, process.stdout.errored);
}

/** What one of the process's open files is; undefined when it is closed. */
export function statusOf(descriptor: number): BigIntStats | undefined {
  try {
    return fstatSync(descriptor, { bigint: true });
  } catch {
    return undefined;
  }
}
