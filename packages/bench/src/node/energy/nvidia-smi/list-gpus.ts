import { execFile } from "node:child_process";

/** A GPU as `nvidia-smi` lists it. */
export interface NvidiaGpu {
  readonly index: string;
  readonly uuid: string;
  readonly name: string;
  /** As printed: watts, or why there are none, such as `[N/A]`. */
  readonly power: string;
}

export interface AskOptions {
  /** Executable, by path or name. */
  readonly command: string;
  /** Longest time without an answer, in seconds. */
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists the GPUs with the power that the given field says they draw, or says in a sentence why it
 * cannot, for example because this version of `nvidia-smi` has no such field.
 *
 * @throws the signal's reason
 */
export async function listGpus(field: string, options: AskOptions): Promise<NvidiaGpu[] | string> {
  const answer = await ask(
    // The name stands last, so that a comma in it does no harm.
    [`--query-gpu=index,uuid,${field},name`, "--format=csv,noheader,nounits"],
    options,
  );
  if ("reason" in answer) return answer.reason;
  const gpus: NvidiaGpu[] = [];
  for (const line of answer.output.split(/\r?\n/)) {
    const [index, uuid, power, ...name] = line.split(",").map((cell) => cell.trim());
    if (index === undefined || uuid === undefined || power === undefined) continue;
    if (/^\d+$/.test(index) && name.length > 0) {
      gpus.push({ index, uuid, power, name: name.join(", ") });
    }
  }
  if (gpus.length > 0) return gpus;
  return `${options.command} lists no GPU: ${firstLine(answer.output)}.`;
}

/**
 * Reads a power as printed without its unit.
 *
 * @returns watts, or undefined when it is not a number: `[N/A]`, `[Insufficient Permissions]`...
 */
export function parseWatts(text: string): number | undefined {
  return /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function ask(
  flags: readonly string[],
  { command, timeoutSeconds, signal }: AskOptions,
): Promise<{ readonly output: string } | { readonly reason: string }> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<
    { readonly output: string } | { readonly reason: string }
  >();
  execFile(
    command,
    flags,
    {
      timeout: 1000 * timeoutSeconds,
      killSignal: "SIGKILL",
      windowsHide: true,
      ...(signal === undefined ? {} : { signal }),
    },
    (error, output, complaint) => {
      if (signal?.aborted) reject(signal.reason);
      else if (error === null) resolve({ output });
      else if (error.code === "ENOENT" || error.code === "EACCES") {
        resolve({
          reason: `The power of an NVIDIA GPU is read with nvidia-smi, and ${command} cannot be run (${error.code}); it comes with NVIDIA's driver.`,
        });
      } else if (error.killed) {
        resolve({ reason: `${command} did not answer within ${timeoutSeconds} s.` });
      } else {
        // It writes its errors where it writes its answers.
        resolve({ reason: `${command} failed: ${firstLine(output || complaint)}.` });
      }
    },
  );
  return promise;
}

/** The first line that says something, without the full stop at its end. */
function firstLine(text: string): string {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "it said nothing";
  return line.trim().replace(/\.$/, "");
}
