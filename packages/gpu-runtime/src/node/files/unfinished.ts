import { rmSync } from "node:fs";
import process from "node:process";

const unfinished = new Set<string>();

function removeAll(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true });
}

/**
 * Has a file or a folder removed should the process end (by `process.exit`) before it is finished.
 *
 * @returns says that it is finished, or gone, when it is disposed of
 */
export function removedAtExit(path: string): Disposable {
  // No listener where there is nothing to remove: this is a library.
  if (unfinished.size === 0) process.on("exit", removeAll);
  unfinished.add(path);
  return {
    [Symbol.dispose]: () => {
      unfinished.delete(path);
      if (unfinished.size === 0) process.off("exit", removeAll);
    },
  };
}
