import type { SafetensorsTensor } from "@papilio/butterfly/files";
import { inputShape } from "../files/csv.ts";
import { ArrayRows } from "./array-rows.ts";
import type { InputRows } from "./input-rows.ts";
import { isNpy, NpyRows } from "./npy-rows.ts";

/** The inputs of a model, with as many rows each. */
export class JobInputs implements AsyncDisposable {
  readonly all: readonly InputRows[];

  private constructor(all: readonly InputRows[]) {
    this.all = all;
  }

  /**
   * @param files by the names of inputs, one at least
   * @throws PapilioError `INPUT_SHAPE` for inputs with different rows, and what {@link NpyRows.open} and
   *   {@link ArrayRows.open} throw
   */
  static async open(files: ReadonlyMap<string, string>): Promise<JobInputs> {
    const all: InputRows[] = [];
    const inputs = new JobInputs(all);
    try {
      for (const [name, file] of files) {
        const rows = (await isNpy(file)) ? NpyRows : ArrayRows;
        all.push(await rows.open(name, file));
      }
      requireSameRows(all);
      return inputs;
    } catch (error) {
      await inputs[Symbol.asyncDispose]();
      throw error;
    }
  }

  get rows(): number {
    return (this.all[0] as InputRows).rows;
  }

  /** Bytes of a row of all of them. */
  get rowBytes(): number {
    return this.all.reduce((sum, { rowBytes }) => sum + rowBytes, 0);
  }

  /** What tells these files from others, and from what they were before they were changed. */
  get identity(): string {
    return JSON.stringify(this.all.map(({ identity }) => identity).toSorted());
  }

  /** Rows of all of them, by their names. Throws what {@link InputRows.read} throws. */
  read(from: number, to: number): Promise<SafetensorsTensor[]> {
    return Promise.all(this.all.map((input) => input.read(from, to)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const input of this.all) await input[Symbol.asyncDispose]();
  }
}

function requireSameRows([first, ...others]: readonly InputRows[]): void {
  const other = others.find(({ rows }) => rows !== first?.rows);
  if (first === undefined || other === undefined) return;
  throw inputShape(
    `${first.file} has ${first.rows} rows, and ${other.file} has ${other.rows}.`,
    "Give inputs with as many rows each: the first axis counts what the model is run on.",
  );
}
