import { PapilioError } from "@papilio/butterfly";
import type { Energy } from "../../../results/results.ts";
import type { Clock } from "../clock.ts";
import {
  DEFAULT_SECONDS,
  type EnergyMeter,
  type MeasureEnergyOptions,
  type MeterSearch,
} from "../energy-meter.ts";
import { assertPositive, meterFailed } from "../errors.ts";
import { type PowerEstimate, standardDeviation, toReading } from "../reading.ts";
import { runWork } from "../run-work.ts";
import { chooseGpu } from "./choose-gpu.ts";
import { type AskOptions, listGpus, parseWatts } from "./list-gpus.ts";
import { meanPower } from "./mean-power.ts";
import { type PowerSample, PowerSampler } from "./power-sampler.ts";

/** A field of `nvidia-smi` that tells power. */
interface PowerField {
  readonly name: string;
  /** What it may be a mean over, in seconds. */
  readonly averaging: number;
  /** Work before the window, in seconds, until the field shows the work alone. */
  readonly settle: number;
}

/**
 * Best first. Drivers before 530 have only the second, which is a mean over a second on Ampere and
 * newer boards. The counter of energy, which NVML has, is not a field of `nvidia-smi`.
 */
const FIELDS: readonly PowerField[] = [
  { name: "power.draw.instant", averaging: 0, settle: 0.25 },
  { name: "power.draw", averaging: 1, settle: 1.25 },
];

export interface OpenNvidiaSmiOptions extends AskOptions {
  /** What WebGPU calls the adapter. */
  readonly adapterName: string;
  readonly idleSeconds: number;
  /** Tells seconds since 1970. */
  readonly clock: Clock;
}

/**
 * Opens the meter of an NVIDIA GPU: `nvidia-smi`, which prints its power until the meter is disposed
 * of. Idle power is taken first.
 *
 * @throws the signal's reason
 */
export async function openNvidiaSmiMeter(options: OpenNvidiaSmiOptions): Promise<MeterSearch> {
  const { command, adapterName, clock, timeoutSeconds, idleSeconds, signal } = options;
  let reason = "";
  for (const field of FIELDS) {
    const gpus = await listGpus(field.name, options);
    if (typeof gpus === "string") {
      reason = gpus;
      if (reason.includes("not a valid field")) continue;
      break;
    }
    const chosen = chooseGpu(gpus, adapterName);
    if (typeof chosen === "string") {
      reason = chosen;
      break;
    }
    const { gpu, label } = chosen;
    if (parseWatts(gpu.power) === undefined) {
      reason = whyNoPower(label, field.name, gpu.power);
      continue;
    }
    const sampler = new PowerSampler({
      command,
      uuid: gpu.uuid,
      field: field.name,
      clock,
      timeoutSeconds,
    });
    try {
      const idle = await watchIdle(sampler, idleSeconds, clock, signal);
      return { meter: new NvidiaSmiMeter(`nvidia-smi ${label}`, sampler, field, clock, idle) };
    } catch (error) {
      await sampler[Symbol.asyncDispose]();
      if (!(error instanceof PapilioError)) throw error;
      reason = error.message;
      break;
    }
  }
  return { reason };
}

function whyNoPower(gpu: string, field: string, power: string): string {
  const fix = /permission/i.test(power)
    ? "so run as a user who may read it"
    : "as on virtual GPUs and some laptops";
  return `nvidia-smi gives no power for ${gpu}: ${field} is ${power}, ${fix}.`;
}

interface Idle extends PowerEstimate {
  readonly seconds: number;
}

async function watchIdle(
  sampler: PowerSampler,
  seconds: number,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Idle> {
  // It takes up to seconds to start.
  await sampler.until(0, signal);
  const start = clock.now();
  await clock.sleep(seconds, signal);
  const end = clock.now();
  await sampler.until(end, signal);
  const samples = window(sampler, start, end);
  // The deviation of the samples, not of their mean: an idle board goes through clock states that
  // last for as long as a run, so that a mean over more samples is no better known.
  const deviation = standardDeviation(samples.map(({ watts }) => watts));
  return { ...meanPower(samples, 0), deviation, seconds: end - start };
}

function window(sampler: PowerSampler, start: number, end: number): PowerSample[] {
  const samples = sampler.between(start, end);
  if (samples.length >= 2) return samples;
  throw meterFailed(
    `nvidia-smi gave too few powers (${samples.length}) in ${(end - start).toPrecision(3)} s: measure for longer.`,
  );
}

class NvidiaSmiMeter implements EnergyMeter {
  readonly name: string;
  readonly source = "nvidia-smi";
  readonly idleWatts: number;
  readonly idleSeconds: number;
  readonly #sampler: PowerSampler;
  readonly #field: PowerField;
  readonly #clock: Clock;
  readonly #idle: Idle;

  constructor(name: string, sampler: PowerSampler, field: PowerField, clock: Clock, idle: Idle) {
    this.name = name;
    this.idleWatts = idle.watts;
    this.idleSeconds = idle.seconds;
    this.#sampler = sampler;
    this.#field = field;
    this.#clock = clock;
    this.#idle = idle;
  }

  /**
   * Works for a moment before the window, which then holds steady power only; its mean power is
   * that of the samples within.
   */
  async measure(
    work: () => Promise<number>,
    { seconds = DEFAULT_SECONDS, signal }: MeasureEnergyOptions = {},
  ): Promise<Energy> {
    assertPositive("The time to measure, in seconds,", seconds);
    const common = { clock: this.#clock, signal, check: () => this.#sampler.check() };
    await runWork(work, { seconds: this.#field.settle, ...common });
    const start = this.#clock.now();
    const runs = await runWork(work, { seconds, ...common });
    const end = this.#clock.now();
    // The last samples of the window may still be on their way.
    await this.#sampler.until(end, signal);
    const power = meanPower(window(this.#sampler, start, end), this.#field.averaging);
    return toReading(power, this.#idle, { seconds: end - start, runs });
  }

  /** Ends `nvidia-smi`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sampler[Symbol.asyncDispose]();
  }
}
