import { stat } from "node:fs/promises";
import type { SafetensorsTensor } from "@papilio/butterfly/files";
import { type ArrayFile, readArray } from "../models/array-file.ts";
import { type InputRows, requireRows } from "./input-rows.ts";

/** An array of a CSV or a Matrix Market file, or of one that is compressed, which is read as a whole. */
export class ArrayRows implements InputRows {
  readonly name: string;
  readonly identity: string;
  readonly #array: ArrayFile;

  private constructor(name: string, identity: string, array: ArrayFile) {
    this.name = name;
    this.identity = identity;
    this.#array = array;
  }

  /**
   * @param name of the input that it is
   * @throws PapilioError `INPUT_SHAPE` for an array without rows, and what `readArray` throws
   */
  static async open(name: string, file: string): Promise<ArrayRows> {
    const array = await readArray(file);
    const { size, mtimeNs } = await stat(file, { bigint: true });
    requireRows(file, array.shape);
    const identity = JSON.stringify([name, array.shape, `${size}`, `${mtimeNs}`]);
    return new ArrayRows(name, identity, array);
  }

  get file(): string {
    return this.#array.file;
  }

  get shape(): readonly number[] {
    return this.#array.shape;
  }

  get rows(): number {
    return this.shape[0] as number;
  }

  get rowBytes(): number {
    return this.#array.values.byteLength / this.rows;
  }

  read(from: number, to: number): Promise<SafetensorsTensor> {
    const each = this.#array.values.length / this.rows;
    const { buffer } = this.#array.values.slice(from * each, to * each);
    const shape = [to - from, ...this.shape.slice(1)];
    return Promise.resolve({ name: this.name, dtype: "F64", shape, bytes: new Uint8Array(buffer) });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
