import { constants, open } from "node:fs/promises";
import { type OutputFile, outputFailed } from "@papilio/gpu-runtime/node";
import { writeToStandardOutput } from "../process/standard-output.ts";
import { writeFully } from "./write-fully.ts";

/** Takes records one after another. */
export interface RecordWriter extends AsyncDisposable {
  /** @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED` */
  write(lines: string): Promise<void>;
}

/**
 * Opens what records go to: the end of a file, a pipe or a device, stdout, or nothing.
 *
 * @param first written at once, where there is something to begin with
 * @throws PapilioError `DISK_FULL`, `OUTPUT_FAILED`
 */
export async function openRecords(
  output: OutputFile | "stdout" | undefined,
  first = "",
): Promise<RecordWriter> {
  const writer = await openWriter(output);
  try {
    if (first !== "") await writer.write(first);
    return writer;
  } catch (error) {
    await writer[Symbol.asyncDispose]();
    throw error;
  }
}

async function openWriter(output: OutputFile | "stdout" | undefined): Promise<RecordWriter> {
  if (output === undefined || output === "stdout") {
    return {
      write: output === undefined ? () => Promise.resolve() : writeToStandardOutput,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const { path } = output;
  const fail = (cause: unknown): never => {
    throw outputFailed(`The file ${path}`, cause);
  };
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND).catch(fail);
  return {
    // In one write, unless the disk is nearly full: lines of two programs do not mix.
    write: (lines) => writeFully(file, Buffer.from(lines)).catch(fail),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
