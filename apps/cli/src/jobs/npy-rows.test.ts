import { truncateSync } from "node:fs";
import { npyHeader, toReal, writeNpy } from "@papilio/butterfly/files";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { JobInputs } from "./job-inputs.ts";
import { NpyRows } from "./npy-rows.ts";

const folder = temporaryFolder();

/** A npy file of elements of any type, as numpy writes them. */
function write(name: string, descr: string, shape: readonly number[], bytes: Uint8Array): string {
  return folder.write(name, Buffer.concat([npyHeader(descr, shape), bytes]));
}

function refused(file: string): Promise<string> {
  return NpyRows.open("x", file).then(
    () => "nothing",
    (error: { code: string }) => error.code,
  );
}

describe("rows of a npy file", () => {
  it("are those of the file, whatever their type", async () => {
    const float = Float32Array.of(0, 1.5, -2, 3, 4, 5);
    const swapped = Buffer.from(float.buffer.slice(0)).swap32();
    const long = BigInt64Array.of(0n, 1n, -2n, 3n, 4n, 5n);
    const files = [
      folder.write("f4.npy", writeNpy(float, [3, 2])),
      write("big.npy", ">f4", [3, 2], swapped),
      write("i8.npy", "<i8", [3, 2], new Uint8Array(long.buffer)),
    ];
    const found: number[][] = [];
    for (const file of files) {
      await using rows = await NpyRows.open("x", file);
      expect(rows.rows).toBe(3);
      const tensor = await rows.read(1, 3);
      expect(tensor).toMatchObject({ name: "x", shape: [2, 2] });
      found.push([...toReal(tensor, "float64")]);
    }
    const right = [-2, 3, 4, 5];
    expect(found).toEqual([right, right, right]);
  });

  it("tell a file from one that was changed", async () => {
    const identities: string[] = [];
    for (const value of [1, 2]) {
      const file = folder.write("changed.npy", writeNpy(Float32Array.of(value), [1]));
      await using rows = await NpyRows.open("x", file);
      identities.push(rows.identity);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(new Set(identities).size).toBe(2);
  });

  it("are refused where there are none to divide", async () => {
    const fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }\n";
    const head = Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), Buffer.alloc(2)]);
    head.writeUInt16LE(fortran.length, 8);
    const scalar = write("scalar.npy", "<f4", [], new Uint8Array(4));
    const cases = {
      [folder.write("fortran.npy", Buffer.concat([head, Buffer.from(fortran), Buffer.alloc(16)]))]:
        "INPUT_SHAPE",
      [scalar]: "INPUT_SHAPE",
      [write("none.npy", "<f4", [0, 3], new Uint8Array())]: "INPUT_SHAPE",
      [write("c8.npy", "<c8", [1], new Uint8Array(8))]: "TENSOR_DTYPE",
      [write("short.npy", "<f4", [2 ** 40], new Uint8Array(8))]: "FILE_TRUNCATED",
      [folder.write("text.npy", "no npy file")]: "FILE_HEADER",
      [folder.path]: "INPUT_UNREADABLE",
      [folder.at("missing.npy")]: "INPUT_UNREADABLE",
    };
    const found: Record<string, string> = {};
    for (const file of Object.keys(cases)) found[file] = await refused(file);
    expect(found).toEqual(cases);
  });

  it("are not read where the file has become shorter", async () => {
    const file = folder.write("shorter.npy", writeNpy(new Float32Array(100), [10, 10]));
    await using rows = await NpyRows.open("x", file);
    truncateSync(file, 200);
    await expect(rows.read(5, 10)).rejects.toMatchObject({ code: "INPUT_UNREADABLE" });
  });

  it("are as many for each input", async () => {
    const files = new Map([
      ["a", folder.write("a.npy", writeNpy(new Float32Array(6), [3, 2]))],
      ["b", folder.write("b.npy", writeNpy(new Float32Array(2), [2]))],
    ]);
    await expect(JobInputs.open(files)).rejects.toMatchObject({ code: "INPUT_SHAPE" });
    files.delete("b");
    await using inputs = await JobInputs.open(files);
    expect([inputs.rows, inputs.rowBytes]).toEqual([3, 8]);
  });
});
