import { readFileSync } from "node:fs";

/** Reads a text file; tests replace it to fail as a file does that is root's. */
export type ReadText = (path: string) => string;

/**
 * Reads at once rather than through the thread pool: the value belongs to the time at which it is
 * read, and these files of the kernel answer in microseconds, while a pool of busy threads does not.
 */
export const readText: ReadText = (path) => readFileSync(path, "utf8");
