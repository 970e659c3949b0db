import { Interruption } from "../process/interruption.ts";
import type { Shown } from "../process/kept.ts";
import { type Finished, papilioUntil } from "./command-line.ts";

/** How a command ended that was interrupted when it first kept something of its work. */
export interface Stopped extends Finished {
  /** What was handed to the process that would show it, one after another. */
  readonly handed: readonly (Shown | undefined)[];
}

/** Runs a command in this process, and interrupts it as soon as there is something to keep. */
export function papilioStopped(...args: readonly string[]): Promise<Stopped> {
  return papilioStoppedAt(() => true, ...args);
}

/** Interrupts a command when it keeps something that is wanted. */
export async function papilioStoppedAt(
  isWanted: (shown: Shown | undefined) => boolean,
  ...args: readonly string[]
): Promise<Stopped> {
  const handed: (Shown | undefined)[] = [];
  const interruption: Interruption = new Interruption((shown) => {
    handed.push(shown);
    if (isWanted(shown)) interruption.interrupt();
    return Promise.resolve();
  });
  return { ...(await papilioUntil(interruption, ...args)), handed };
}
