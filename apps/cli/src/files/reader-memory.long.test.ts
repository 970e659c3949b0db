import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type TensorToWrite, writeNpy, writeSafetensors } from "@papilio/butterfly/files";
import { expect, it } from "vitest";
import type { Reading } from "../testing/read-in-process.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

/** What a process may grow by while it reads, beside the size of the file. */
const MOST_GROWTH = 64 * 2 ** 20;

const folder = temporaryFolder();

/** Several times the same text, to about so many bytes. */
const repeated = (text: string, bytes: number): string =>
  text.repeat(Math.floor(bytes / text.length));

const ROW = `${repeated("1,", 2000)}1\n`;
const NUMBERS = Array.from({ length: 1000 }, (_, index) => Math.sin(index + 1));
const ENTRIES = NUMBERS.map((value, index) => `${index + 1} 7 ${value}\n`).join("");
const MARKET = "%%MatrixMarket matrix";
const [SMALL_CSV, SMALL_MARKET] = ["1,2\n3,4\n", `${MARKET} array real general\n1 1\n1\n`];
const TINY = Float32Array.of(1);
const small = (tensor: Partial<TensorToWrite>): Uint8Array =>
  writeSafetensors([{ name: "w", dtype: "F32", shape: [1, 1], values: TINY, ...tensor }]);

/** A safetensors file of a header alone. */
function headerOf(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const file = Buffer.alloc(8 + bytes.length);
  file.writeBigUInt64LE(BigInt(bytes.length));
  bytes.copy(file, 8);
  return file;
}

/** As many values as 99 MB have. */
const many = (): Float32Array => new Float32Array(24_750_000).fill(0.5);

type Contents = string | Uint8Array;
/** Reader, a small file, what the large one is, the large one, its size where the file's is another's. */
const CASES: readonly (readonly [
  reader: string,
  small: Contents,
  name: string,
  large: () => Contents,
  size?: number,
])[] = [
  ["matrix", SMALL_CSV, "50 MB of digits in CSV", () => repeated(ROW, 50e6)],
  ["matrix", SMALL_CSV, "50 MB of digits in one line", () => `${repeated("1,", 50e6)}1`],
  ["matrix", SMALL_CSV, "50 MB of lines of one digit", () => repeated("1\n", 50e6)],
  ["matrix", SMALL_CSV, "50 MB of long numbers", () => repeated(`${NUMBERS.join(";")}\n`, 50e6)],
  [
    "matrix in double precision",
    SMALL_CSV,
    "50 MB of long numbers between spaces",
    () => repeated(`${NUMBERS.join(" ")}\n`, 50e6),
  ],
  ["matrix", SMALL_CSV, "50 MB of spaces and a number", () => `${" ".repeat(50e6)}1`],
  ["matrix", SMALL_CSV, "50 MB of a comment and a number", () => `#${"x".repeat(50e6)}\n1`],
  ["matrix", SMALL_CSV, "50 MB of what is not a number", () => "x".repeat(50e6)],
  [
    "matrix",
    SMALL_CSV,
    "50 MB of long numbers, compressed",
    () => gzipSync(repeated(`${NUMBERS.join(";")}\n`, 50e6), { level: 1 }),
    50e6,
  ],
  [
    "matrix",
    SMALL_MARKET,
    "30 MB of entries in the Matrix Market format",
    () => {
      const text = repeated(ENTRIES, 30e6);
      const entries = (text.length / ENTRIES.length) * NUMBERS.length;
      return `${MARKET} coordinate real general\n1000 1000 ${entries}\n${text}`;
    },
  ],
  [
    "matrix",
    SMALL_MARKET,
    "30 MB of a dense matrix in the Matrix Market format",
    () => `${MARKET} array real general\n3000 5000\n${"1\n".repeat(15e6)}`,
  ],
  [
    "matrix",
    SMALL_MARKET,
    "30 MB of a comment in the Matrix Market format",
    () => `${MARKET} array real general\n%${"x".repeat(30e6)}\n1 1\n1\n`,
  ],
  ["matrix", writeNpy(TINY, [1, 1]), "99 MB of npy", () => writeNpy(many(), [4950, 5000])],
  [
    "matrix",
    writeNpy(TINY, [1, 1]),
    "99 MB of npy in Fortran order",
    () => {
      const file = Buffer.from(writeNpy(many(), [4950, 5000]));
      file.write("True ", file.indexOf("False"), "latin1");
      return file;
    },
  ],
  [
    "matrix",
    writeNpy(TINY, [1, 1]),
    "99 MB of npy in double precision",
    () => writeNpy(Float64Array.from(many().subarray(0, 12_375_000)), [2475, 5000]),
  ],
  ["matrix", small({}), "99 MB of a tensor", () => small({ shape: [4950, 5000], values: many() })],
  ["weights", small({}), "99 MB of weights", () => small({ shape: [4950, 5000], values: many() })],
  ...["matrix", "weights"].flatMap((reader) => {
    const header = (name: string, text: () => string) =>
      [reader, small({}), name, () => headerOf(text())] as const;
    return [
      header("99 MB of spaces in a header", () => `{${" ".repeat(99e6)}}`),
      header("99 MB of a name in a header", () => `{"${"x".repeat(99e6)}":0}`),
      header(
        "99 MB of metadata beyond Latin",
        () => `{"__metadata__":{"a":"${"\u4e00".repeat(33e6)}"}}`,
      ),
    ];
  }),
  ["JSON", "{}", "16 MB of spaces in JSON", () => `{${" ".repeat(16e6)}}`],
  ["JSON", "{}", "16 MB of a text in JSON", () => `["${"x".repeat(16e6)}"]`],
];

it.each(CASES.map((all) => [all[2], ...all] as const))(
  "%s grow a process by no more than 64 MiB and their size (%s)",
  (_, reader, before, __, large, counted) => {
    const path = folder.write("large", large());
    const size = counted ?? statSync(path).size;
    const program = join(import.meta.dirname, "../testing/read-in-process.ts");
    const args = [
      "--conditions=@papilio/source",
      program,
      reader,
      folder.write("small", before),
      path,
    ];
    const { growth }: Reading = JSON.parse(
      execFileSync(process.execPath, args, { encoding: "utf8" }),
    );
    expect(growth).toBeLessThan(MOST_GROWTH + size);
  },
);
