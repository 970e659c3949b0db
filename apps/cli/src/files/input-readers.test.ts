import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { writeNpy, writeSafetensors } from "@papilio/butterfly/files";
import { describe, expect, it } from "vitest";
import { readArray } from "../models/array-file.ts";
import { papilio, refusal } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { readBytes, readJson, readText } from "./input-file.ts";
import { readMatrix } from "./matrix-file.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });
const folder = temporaryFolder();

let files = 0;
const write = (contents: string | Uint8Array, name = `file-${files++}`): string =>
  folder.write(name, contents);

/** A pipe that is written to once. */
function pipe(contents: string | Uint8Array): string {
  const path = folder.at(`pipe-${files++}`);
  execFileSync("mkfifo", [path]);
  // In another process: whoever opens a pipe waits for the other end.
  const from = write(contents);
  execFileSync("sh", ["-c", `cat "${from}" > "${path}" &`], { stdio: "ignore" });
  return path;
}

const NPY = writeNpy(Float32Array.of(1.5, -2, 3, 4), [2, 2]);
const CSV = "1.5,-2\n3,4\n";
const MARKET =
  "%%MatrixMarket matrix coordinate real general\n2 2 4\n1 1 1.5\n1 2 -2\n2 1 3\n2 2 4\n";
const SAFETENSORS = writeSafetensors([
  { name: "w", dtype: "F32", shape: [2, 2], values: Float32Array.of(1.5, -2, 3, 4) },
]);

describe("numbers of a file", () => {
  it.each([
    ["npy", NPY],
    ["csv", CSV],
    ["Matrix Market", MARKET],
    ["safetensors", SAFETENSORS],
  ])(
    "are recognised by its contents: %s, as a file, by a pipe, and compressed",
    async (_, contents) => {
      for (const path of [write(contents), pipe(contents), write(gzipSync(contents))]) {
        const { rows, cols, values } = await readMatrix(path, undefined, "float32");
        expect([rows, cols, ...(values as Float32Array)]).toEqual([2, 2, 1.5, -2, 3, 4]);
      }
    },
  );

  it("may be ids of any type of integers, and truth values", async () => {
    // np.save of np.array([[3, 1]]) and of np.array([True, False]): int64 and bool, little-endian.
    const header = (descr: string, shape: string): string =>
      `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(118);
    const file = (descr: string, shape: string, data: Uint8Array): Uint8Array =>
      Buffer.concat([
        Buffer.from("\x93NUMPY\x01\0v\0", "latin1"),
        Buffer.from(header(descr, shape)),
        data,
      ]);
    const ids = file("<i8", "(1, 2)", new Uint8Array(BigInt64Array.of(3n, 1n).buffer));
    expect([...(await readArray(write(ids))).values]).toEqual([3, 1]);
    const flags = file("|b1", "(2,)", Uint8Array.of(1, 0));
    expect([...(await readArray(write(flags))).values]).toEqual([1, 0]);
  });

  it.each([
    ["1;2\n3;4", [2, 2, 1, 2, 3, 4]],
    ["1\t2\r\n3\t4\r\n", [2, 2, 1, 2, 3, 4]],
    ["# made by numpy.savetxt\n1.0e+00 -2.5e-1\n\n3   4\n", [2, 2, 1, -0.25, 3, 4]],
    ["\uFEFF1,2\n", [1, 2, 1, 2]],
    ['"1","2"\n', [1, 2, 1, 2]],
    ["7", [1, 1, 7]],
  ])("are read of the lines %j", async (text, [rows, cols, ...values]) => {
    const array = await readArray(write(text));
    expect([...array.shape, ...array.values]).toEqual([rows, cols, ...values]);
  });

  it.each([
    ["1,2\n3\n", "INPUT_SHAPE"],
    ["", "FILE_TRUNCATED"],
    ["# nothing\n", "INPUT_SHAPE"],
    ["a,b\n1,2\n", "INPUT_UNREADABLE"],
    ["1,5;2,5\n", "INPUT_UNREADABLE"],
    ["1,,2\n", "INPUT_UNREADABLE"],
    ["0x10,1\n", "INPUT_UNREADABLE"],
    ["1e999\n", "INPUT_UNREADABLE"],
    ["GGUF\x03\0\0\0", "FILE_HEADER"],
    ["\0\x01\x02\x03", "FILE_HEADER"],
    ['{"a":1}\n{"a":2}\n', "FILE_HEADER"],
  ])("are refused of %j", async (text, expected) => {
    await expect(readArray(write(text))).rejects.toThrow(code(expected));
  });

  it("names the other kind that a file is", async () => {
    const { line } = await refusal("inspect", write("%PDF-1.7\n"));
    expect(line).toContain("FILE_HEADER: The file is a PDF document, not a safetensors file.");
    const report = await refusal("report", write(NPY), "--out", folder.at("report.html"));
    expect(report.line).toContain("The file is a NumPy array (npy), not JSON.");
    const { stdout } = await papilio("inspect", write(MARKET));
    expect(stdout).toContain(
      "a real matrix of 2 x 2 in the Matrix Market format, 4 entries listed",
    );
  });
});

describe("an input without an end, or without bounds", () => {
  const plain = "that is plain";

  it.skipIf(process.platform === "win32")("is refused at once", async () => {
    for (const device of ["/dev/zero", "/dev/urandom", "/dev/null", folder.path]) {
      await expect(readBytes(device)).rejects.toThrow(code("INPUT_UNREADABLE"));
      await expect(readText(device)).rejects.toThrow(code("INPUT_UNREADABLE"));
      await expect(readJson(device, plain)).rejects.toThrow(code("INPUT_UNREADABLE"));
    }
    // Nobody writes to it.
    const waiting = folder.at("waiting");
    execFileSync("mkfifo", [waiting]);
    await expect(readJson(waiting, plain)).rejects.toThrow(/no plain file/);
  });

  it("is refused when it is compressed beyond proportion", async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 27));
    await expect(readBytes(write(bomb))).rejects.toThrow(/decompress it first/);
    await expect(readBytes(write(gzipSync("x").subarray(0, 15)))).rejects.toThrow(
      code("INPUT_UNREADABLE"),
    );
  });

  it("is refused when it nests or is not JSON, with what it is", async () => {
    await expect(readJson(write("[".repeat(1e6)), plain)).rejects.toThrow(/deeper than 64 levels/);
    await expect(readJson(write(NPY), plain)).rejects.toThrow(/a NumPy array/);
    await expect(readJson(write("{"), plain)).rejects.toThrow(code("INPUT_UNREADABLE"));
  });
});
