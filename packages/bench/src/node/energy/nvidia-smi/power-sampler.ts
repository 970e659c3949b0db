import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { PapilioError } from "@papilio/butterfly";
import type { Clock } from "../clock.ts";
import { meterFailed } from "../errors.ts";
import { parseWatts } from "./list-gpus.ts";

/** Power at a time of the clock. */
export interface PowerSample {
  readonly seconds: number;
  readonly watts: number;
}

/** Time between samples asked for, in milliseconds; the boards refresh theirs every 20 to 100. */
const PERIOD = 50;

/** Samples kept: nearly an hour of them, where nobody asks for a window meanwhile. */
const KEPT = 65_536;

/** Longest wait for a killed process, in milliseconds. */
const LONGEST_END = 5000;

const STAMPED = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?), *(.*)$/;

/** Zones of the world are at multiples of a quarter of an hour from each other, in seconds. */
const ZONE_STEP = 900;

export interface SamplerOptions {
  readonly command: string;
  readonly uuid: string;
  /** `power.draw.instant` or `power.draw`. */
  readonly field: string;
  /** Tells seconds since 1970, as the stamps do. */
  readonly clock: Clock;
  /** Longest wait for a sample, in seconds. */
  readonly timeoutSeconds: number;
}

interface Waiter {
  readonly seconds: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A running `nvidia-smi` that prints the power of one GPU again and again. It does not keep this
 * process alive, and ends with it.
 *
 * Samples count by the time that `nvidia-smi` stamps them with, not by their arrival: work that
 * keeps this thread busy delays them.
 */
export class PowerSampler implements AsyncDisposable {
  readonly #command: string;
  readonly #clock: Clock;
  readonly #timeoutSeconds: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  readonly #waiters = new Set<Waiter>();
  readonly #killAtExit = (): void => {
    this.#child.kill("SIGKILL");
  };
  #samples: PowerSample[] = [];
  #failure: PapilioError | undefined;
  /** The last line that held no power, to explain a failure with. */
  #oddity = "";

  constructor({ command, uuid, field, clock, timeoutSeconds }: SamplerOptions) {
    this.#command = command;
    this.#clock = clock;
    this.#timeoutSeconds = timeoutSeconds;
    this.#child = spawn(
      command,
      [
        `--id=${uuid}`,
        `--query-gpu=timestamp,${field}`,
        "--format=csv,noheader,nounits",
        `--loop-ms=${PERIOD}`,
      ],
      { stdio: ["ignore", "pipe", "ignore"], windowsHide: true },
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    const end = (message: string): void => {
      process.removeListener("exit", this.#killAtExit);
      this.#fail(message);
      resolve();
    };
    process.once("exit", this.#killAtExit);
    this.#child.once("error", ({ message }) => end(`${command} cannot be run: ${message}.`));
    this.#child.once("close", (code, signal) => {
      const said = this.#oddity === "" ? "" : `: ${this.#oddity}`;
      end(`${command} ended while it was needed (${signal ?? `exit code ${code}`})${said}.`);
    });
    const output = this.#child.stdout as Socket;
    createInterface({ input: output }).on("line", (line) => this.#take(line));
    this.#child.unref();
    output.unref();
  }

  /** @throws PapilioError `ENERGY_METER_FAILED` when `nvidia-smi` has ended */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Resolves when a sample of this time or later has arrived.
   *
   * @throws PapilioError `ENERGY_METER_FAILED` when `nvidia-smi` has ended, or none arrives; the signal's reason
   */
  async until(seconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const last = this.#samples.at(-1);
    if (last !== undefined && last.seconds >= seconds) return;
    this.check();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { seconds, resolve, reject };
    const giveUp = (): void => {
      const said = this.#oddity === "" ? "" : `, but printed ${this.#oddity}`;
      reject(
        meterFailed(`${this.#command} gave no power within ${this.#timeoutSeconds} s${said}.`),
      );
    };
    const over = new AbortController();
    // The process of nvidia-smi is not a reason to stay alive, this timer is.
    this.#clock.sleep(this.#timeoutSeconds, over.signal).then(giveUp, () => undefined);
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.#waiters.add(waiter);
    try {
      await promise;
    } finally {
      over.abort();
      signal?.removeEventListener("abort", abort);
      this.#waiters.delete(waiter);
    }
  }

  /** The samples between two times, oldest first. Earlier ones are forgotten. */
  between(from: number, to: number): PowerSample[] {
    this.#samples = this.#samples.filter(({ seconds }) => seconds >= from);
    return this.#samples.filter(({ seconds }) => seconds <= to);
  }

  /** Ends `nvidia-smi`; resolves when it is gone, or after a while where a driver holds it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail("The meter was closed.");
    // This end is awaited, so it has to keep the process alive.
    this.#child.ref();
    this.#child.kill("SIGKILL");
    // Whatever it started may hold the pipe open, and does not matter.
    this.#child.stdout?.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LONGEST_END);
    await Promise.race([this.#closed, promise]);
    clearTimeout(timer);
    this.#child.unref();
  }

  #take(line: string): void {
    const sample = parseSample(line, this.#clock.now());
    if (sample === undefined) {
      this.#oddity = line.trim().slice(0, 200).replace(/\.$/, "") || this.#oddity;
      return;
    }
    const last = this.#samples.at(-1);
    // The time of day was set back: a sample out of order cannot be integrated.
    if (last !== undefined && sample.seconds <= last.seconds) return;
    this.#samples.push(sample);
    if (this.#samples.length > 2 * KEPT) this.#samples = this.#samples.slice(-KEPT);
    for (const waiter of this.#waiters) if (sample.seconds >= waiter.seconds) waiter.resolve();
  }

  #fail(message: string): void {
    this.#failure ??= meterFailed(message);
    for (const { reject } of this.#waiters) reject(this.#failure);
  }
}

/**
 * Reads a line such as `2026/01/31 13:45:10.120, 71.25`. Its stamp is a local time without a zone,
 * and a driver's idea of the zone need not be ours: the zone is taken that brings it nearest to now.
 */
function parseSample(line: string, now: number): PowerSample | undefined {
  const [, year, month, day, hours, minutes, seconds, power = ""] = STAMPED.exec(line.trim()) ?? [];
  const watts = parseWatts(power);
  if (watts === undefined) return undefined;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000;
  const local = date + 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
  return { seconds: local - ZONE_STEP * Math.round((local - now) / ZONE_STEP), watts };
}
