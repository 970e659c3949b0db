import { note, print } from "./print.ts";

/** What a command shows of its work when it does not come to its end. */
export interface Shown {
  /** What there is of the result; nothing where all of it is printed as it comes. */
  readonly stdout?: string;
  /** How far that is, and what else goes to stderr. */
  readonly stderr?: string;
}

/** What there is of a command's work by now, and how it is kept. */
export interface Work {
  /** What is shown of it. */
  readonly show: () => Shown;
  /**
   * Writes it to the files that it is to go to.
   *
   * @param last false while the work goes on: only a file that can be replaced later is written then
   */
  readonly save?: (last: boolean) => Promise<unknown>;
}

/** Shows what there is. This module imports little: the process that supervises a command does it too. */
export function show({ stdout, stderr }: Shown): void {
  if (stdout !== undefined) print(stdout);
  if (stderr !== undefined) note(stderr);
}
