import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FakeClock } from "./fake-clock.ts";

/** A zone of a fake powercap tree. */
interface FakeZone {
  readonly entry: string;
  /** Share of the tree's power that it counts. */
  readonly share: number;
  /** The largest value of its counter, in microjoules. */
  readonly range: number;
  microjoules: number;
}

interface ZoneOptions {
  readonly share?: number;
  readonly range?: number;
  /** What its counter starts at, in microjoules. */
  readonly start?: number;
}

/** A powercap tree in a temporary folder, whose counters follow a clock. */
export class FakePowercap implements Disposable {
  readonly root: string = mkdtempSync(join(tmpdir(), "papilio-powercap-"));
  /** Power drawn, in watts, from now on. */
  watts = 0;
  /** How often a counter wrapped around. */
  wraps = 0;
  readonly #zones: FakeZone[] = [];

  constructor(clock: FakeClock) {
    clock.onMove = (seconds) => {
      for (const zone of this.#zones) this.#count(zone, seconds * this.watts * zone.share);
    };
  }

  /** Adds a zone, such as `intel-rapl:0` named `package-0`. */
  add(
    entry: string,
    name: string,
    { share = 1, range = 262_143_328_850, start = 0 }: ZoneOptions = {},
  ): this {
    mkdirSync(join(this.root, entry), { recursive: true });
    this.write(entry, "name", `${name}\n`);
    this.write(entry, "max_energy_range_uj", `${range}\n`);
    const zone: FakeZone = { entry, share, range, microjoules: start };
    this.#zones.push(zone);
    this.#count(zone, 0);
    return this;
  }

  /** Writes one of a zone's files. */
  write(entry: string, file: string, text: string): void {
    writeFileSync(join(this.root, entry, file), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #count(zone: FakeZone, joules: number): void {
    zone.microjoules += 1e6 * joules;
    while (zone.microjoules > zone.range) {
      zone.microjoules -= zone.range;
      this.wraps++;
    }
    this.write(zone.entry, "energy_uj", `${Math.round(zone.microjoules)}\n`);
  }
}
