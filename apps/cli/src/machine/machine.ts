import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Load } from "@papilio/bench/results";

const BUSY_WINDOW = 500;

/** How busy the machine is, while this program does nothing for half a second. */
export async function measureLoad(): Promise<Load> {
  const before = processorTimes();
  await sleep(BUSY_WINDOW);
  const after = processorTimes();
  const total = after.total - before.total;
  const [average = 0] = loadavg();
  return {
    average: process.platform === "win32" ? null : average,
    busy: total > 0 ? 1 - (after.idle - before.idle) / total : null,
  };
}

function processorTimes(): { idle: number; total: number } {
  const sum = { idle: 0, total: 0 };
  for (const { times } of cpus()) {
    sum.idle += times.idle;
    sum.total += Object.values(times).reduce((total, value) => total + value, 0);
  }
  return sum;
}

/**
 * Bytes of the processor's last-level cache, from the folder in which Linux describes it; null
 * where it does not.
 */
export function lastLevelCache(folder = "/sys/devices/system/cpu/cpu0/cache"): number | null {
  try {
    const sizes = readdirSync(folder)
      .filter((name) => /^index\d+$/.test(name))
      .map((name) =>
        /^(\d+)([KMG]?)$/.exec(readFileSync(join(folder, name, "size"), "utf8").trim()),
      )
      .filter((match) => match !== null)
      .map(([, digits, unit]) => Number(digits) * 1024 ** ["", "K", "M", "G"].indexOf(unit ?? ""));
    return sizes.length === 0 ? null : Math.max(...sizes);
  } catch {
    return null;
  }
}

/**
 * Git revision that a tracked folder is at, with `+` when its repository's packages or applications
 * were changed; null where the folder is not tracked, as that of an installed package.
 */
export function gitRevision(folder: string): string | null {
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", folder, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  try {
    git("ls-files", "--error-unmatch", "package.json");
    const changed = git("status", "--porcelain", "--untracked-files=no", ":/packages", ":/apps");
    return `${git("rev-parse", "--short=12", "HEAD")}${changed === "" ? "" : "+"}`;
  } catch {
    return null;
  }
}
