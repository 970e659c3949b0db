import { type FileHandle, open, stat } from "node:fs/promises";
import { PapilioError } from "@papilio/butterfly";
import {
  fileKind,
  type NpyLayout,
  npyLayout,
  npyType,
  npyValues,
  type SafetensorsTensor,
} from "@papilio/butterfly/files";
import { inputShape } from "../files/csv.ts";
import { complexNumbers } from "../models/array-file.ts";
import { type InputRows, requireRows } from "./input-rows.ts";

/** Bytes in which the header of a npy file is. */
const HEAD = 2 ** 14;

/** Whether a file is a npy file, by how it begins. Throws `INPUT_UNREADABLE`. */
export async function isNpy(file: string): Promise<boolean> {
  const handle = await opened(file);
  try {
    return fileKind(await headOf(handle))?.id === "npy";
  } finally {
    await handle.close();
  }
}

/** An array of a npy file that is read some rows at a time: entries of its first axis. */
export class NpyRows implements InputRows {
  readonly name: string;
  readonly file: string;
  readonly layout: NpyLayout;
  /** What tells this file from others, and from what it was before it was changed. */
  readonly identity: string;
  readonly #handle: FileHandle;

  private constructor(
    name: string,
    { file, layout, identity }: Pick<NpyRows, "file" | "layout" | "identity">,
    handle: FileHandle,
  ) {
    this.name = name;
    this.file = file;
    this.layout = layout;
    this.identity = identity;
    this.#handle = handle;
  }

  /**
   * @param name of the input that it is
   * @throws PapilioError `INPUT_UNREADABLE`; `INPUT_SHAPE` for an array without rows, or in Fortran order;
   *   `TENSOR_DTYPE` for complex numbers; what `npyLayout` throws
   */
  static async open(name: string, file: string): Promise<NpyRows> {
    const handle = await opened(file);
    try {
      const { size, mtimeNs } = await handle.stat({ bigint: true });
      const layout = npyLayout(await headOf(handle), Number(size));
      requireRealRows(file, layout);
      const identity = JSON.stringify([name, layout.descr, layout.shape, `${size}`, `${mtimeNs}`]);
      return new NpyRows(name, { file, layout, identity }, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get shape(): readonly number[] {
    return this.layout.shape;
  }

  /** Entries of the first axis. */
  get rows(): number {
    return this.shape[0] as number;
  }

  get rowBytes(): number {
    return this.layout.bytes / this.rows;
  }

  /**
   * Rows, as the file has them; in double precision where that has the bytes of a number in the other order.
   *
   * @throws PapilioError `INPUT_UNREADABLE` where the file has become shorter
   */
  async read(from: number, to: number): Promise<SafetensorsTensor> {
    const { descr, begin } = this.layout;
    const bytes = new Uint8Array((to - from) * this.rowBytes);
    for (let at = 0; at < bytes.length; ) {
      const place = begin + from * this.rowBytes + at;
      const { bytesRead } = await this.#handle.read(bytes, at, bytes.length - at, place);
      if (bytesRead === 0) throw unreadable(this.file, new Error("it has become shorter"));
      at += bytesRead;
    }
    const shape = [to - from, ...this.layout.shape.slice(1)];
    const { dtype, littleEndian } = npyType(descr);
    if (littleEndian) return { name: this.name, dtype, shape, bytes };
    const values = npyValues({ descr, shape, fortranOrder: false, bytes }, "float64");
    const { buffer } = values as Float64Array;
    return { name: this.name, dtype: "F64", shape, bytes: new Uint8Array(buffer) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

async function headOf(handle: FileHandle): Promise<Uint8Array> {
  const head = new Uint8Array(HEAD);
  const { bytesRead } = await handle.read(head, 0, HEAD, 0);
  return head.subarray(0, bytesRead);
}

async function opened(file: string): Promise<FileHandle> {
  try {
    if (!(await stat(file)).isFile()) throw new Error("it is no plain file");
    return await open(file, "r");
  } catch (cause) {
    throw unreadable(file, cause as Error);
  }
}

function unreadable(file: string, cause: Error): PapilioError {
  return new PapilioError(
    "INPUT_UNREADABLE",
    `The file ${file} cannot be read: ${cause.message}.`,
    "Give a file of numbers that you may read, and that stays as it is.",
    { cause },
  );
}

function requireRealRows(file: string, { shape, fortranOrder, descr }: NpyLayout): void {
  if (npyType(descr).complex) throw complexNumbers(file);
  requireRows(file, shape);
  if (!fortranOrder || shape.length === 1) return;
  throw inputShape(
    `The array of ${file} is in Fortran order, in which no row is in one piece.`,
    "Write it with numpy.ascontiguousarray.",
  );
}
