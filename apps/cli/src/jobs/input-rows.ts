import type { SafetensorsTensor } from "@papilio/butterfly/files";
import { inputShape } from "../files/csv.ts";

/** An array of real numbers that is read some rows at a time: entries of its first axis. */
export interface InputRows extends AsyncDisposable {
  /** Of the input that it is. */
  readonly name: string;
  readonly file: string;
  readonly shape: readonly number[];
  /** What tells this file from others, and from what it was before it was changed. */
  readonly identity: string;
  /** Entries of the first axis. */
  readonly rows: number;
  readonly rowBytes: number;
  /** Rows of it. @throws PapilioError `INPUT_UNREADABLE` where the file has become shorter */
  read(from: number, to: number): Promise<SafetensorsTensor>;
}

/** @throws PapilioError `INPUT_SHAPE` for an array without rows, or whose rows are empty */
export function requireRows(file: string, shape: readonly number[]): void {
  if (shape.length > 0 && !shape.includes(0)) return;
  throw inputShape(
    `The array of ${file} has the shape [${shape}], without rows to divide.`,
    "Give one whose first axis counts what the model is run on.",
  );
}
