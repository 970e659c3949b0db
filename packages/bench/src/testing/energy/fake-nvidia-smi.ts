import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A GPU of a fake `nvidia-smi`. A power that is a text is printed as it is. */
interface FakeGpu {
  readonly name: string;
  readonly "power.draw": number | string;
  readonly "power.draw.instant"?: number | string;
}

/** How a fake `nvidia-smi` behaves: plain data, read by the script below. */
interface FakeNvidiaSmiOptions {
  readonly gpus: readonly FakeGpu[];
  /** Fields that this version does not have. */
  readonly unknownFields?: readonly string[];
  /** Printed instead of an answer, before it ends with an error. */
  readonly error?: string;
  /** Never answers when it is asked once. */
  readonly silent?: boolean;
  /**
   * Power when it is asked to go on: watts from so many seconds after `start`, in steps or between
   * which it changes linearly.
   */
  readonly curve?: readonly { readonly at: number; readonly watts: number }[];
  readonly linear?: boolean;
  /** Seconds since 1970 of the first sample. */
  readonly start?: number;
  /** Seconds of samples that it prints, at once, before it falls silent. */
  readonly length?: number;
  /** Seconds between samples. */
  readonly period?: number;
  /** Zone of its stamps, in seconds east of UTC. */
  readonly zone?: number;
  /** Printed before the samples, and after them. */
  readonly first?: string;
  readonly last?: string;
  /** Ends with this code after the samples, rather than falling silent. */
  readonly exitCode?: number;
}

const SCRIPT = `
const fs = require("node:fs");
const options = JSON.parse(fs.readFileSync(__filename + ".json", "utf8"));
const flags = Object.fromEntries(process.argv.slice(2).map((flag) => flag.slice(2).split("=")));
fs.appendFileSync(__filename + ".log", JSON.stringify({ pid: process.pid, flags }) + "\\n");
const fields = flags["query-gpu"].split(",");
const unknown = fields.find((field) => (options.unknownFields ?? []).includes(field));
const gpus = options.gpus.map((gpu, index) => ({ index, uuid: "GPU-" + index, ...gpu }));
const stay = () => setInterval(() => undefined, 1000);
function wattsAt(seconds) {
  const curve = options.curve ?? [{ at: 0, watts: gpus.find(({ uuid }) => uuid === flags.id)[fields[1]] }];
  const after = curve.findIndex(({ at }) => at > seconds);
  const from = curve.at(after === -1 ? -1 : Math.max(0, after - 1));
  if (!options.linear || after < 1) return from.watts;
  const to = curve[after];
  return from.watts + ((to.watts - from.watts) * (seconds - from.at)) / (to.at - from.at);
}
function print(seconds) {
  const date = new Date(1000 * (options.start + seconds + (options.zone ?? 0)));
  const stamp = date.toISOString().replaceAll("-", "/").replace("T", " ").replace("Z", "");
  const watts = wattsAt(seconds);
  console.log(stamp + ", " + (typeof watts === "number" ? watts.toFixed(2) : watts));
}
if (unknown !== undefined) {
  console.log('Field "' + unknown + '" is not a valid field to query.\\n');
  process.exitCode = 2;
} else if (options.error !== undefined) {
  console.log(options.error);
  process.exitCode = 9;
} else if (flags["loop-ms"] === undefined) {
  if (options.silent) stay();
  else for (const gpu of gpus) console.log(fields.map((field) => gpu[field]).join(", "));
} else if (options.start === undefined) {
  options.start = Date.now() / 1000;
  setInterval(() => print(Date.now() / 1000 - options.start), Number(flags["loop-ms"]));
} else {
  const { period = 0.05, length = 60 } = options;
  if (options.first !== undefined) console.log(options.first);
  for (let count = 0; count * period < length; count++) print(count * period);
  if (options.last !== undefined) console.log(options.last);
  if (options.exitCode === undefined) stay();
  else process.exitCode = options.exitCode;
}
`;

/** One call of a fake `nvidia-smi`. */
interface FakeCall {
  readonly pid: number;
  readonly flags: Readonly<Record<string, string>>;
}

/** An executable in a temporary folder that answers as `nvidia-smi` does. */
export class FakeNvidiaSmi implements Disposable {
  /** Path of the executable. */
  readonly command: string;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "papilio-nvidia-smi-"));

  constructor(options: FakeNvidiaSmiOptions) {
    this.command = join(this.#folder, "nvidia-smi");
    writeFileSync(`${this.command}.json`, JSON.stringify(options));
    writeFileSync(`${this.command}.log`, "");
    writeFileSync(this.command, `#!${process.execPath}\n${SCRIPT}`, { mode: 0o755 });
  }

  /** The calls so far. */
  get calls(): FakeCall[] {
    const lines = readFileSync(`${this.command}.log`, "utf8").trim().split("\n");
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as FakeCall);
  }

  /** Those of its processes that run. */
  get running(): number[] {
    return this.calls.map(({ pid }) => pid).filter(isRunning);
  }

  [Symbol.dispose](): void {
    for (const pid of this.running) process.kill(pid, "SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
