import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type TensorToWrite, writeNpy, writeSafetensors } from "@papilio/butterfly/files";
import { expect, it } from "vitest";
import { image, llama2cTokenizerOf, tokenizerOf } from "../testing/large-files.ts";
import type { Reading } from "../testing/read-in-process.ts";
import { resultsText } from "../testing/results-records.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

/** What a process may grow by while it reads, beside the size of the file. */
const MOST_GROWTH = 64 * 2 ** 20;

const folder = temporaryFolder();

/**
 * What is read may take several times what it takes in the end while V8 waits with the collection of what is
 * no longer used. Numbers in arrays are not collected, and count once.
 */
const [OBJECTS, NUMBERS_READ] = [3, 1];
/** Bytes that the decoders take for a pixel, those that are read included. */
const [PNG_PIXEL, JPEG_PIXEL] = [16, 40];

/** Several times the same text, to about so many bytes. */
const repeated = (text: string, bytes: number): string =>
  text.repeat(Math.floor(bytes / text.length));

const ROW = `${repeated("1,", 2000)}1\n`;
const NUMBERS = Array.from({ length: 1000 }, (_, index) => Math.sin(index + 1));
const ENTRIES = NUMBERS.map((value, index) => `${index + 1} 7 ${value}\n`).join("");
const MARKET = "%%MatrixMarket matrix";
const [SMALL_CSV, SMALL_MARKET] = ["1,2\n3,4\n", `${MARKET} array real general\n1 1\n1\n`];
const LAYERS = '{"layers":[{"name":"up","chain":"4,64,64,4","batch":196}]}';
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
/**
 * Reader, a small file, what the large one is, the large one, its size where the file's is another's, and what is
 * allowed beside.
 */
const CASES: readonly (readonly [
  reader: string,
  small: Contents,
  name: string,
  large: () => Contents,
  size?: number | undefined,
  beside?: { readonly ofResult?: number; readonly bytes?: number },
])[] = [
  // Two bytes of text for each number, which takes four.
  ...Object.entries({
    "50 MB of digits in CSV": () => repeated(ROW, 50e6),
    "50 MB of digits in one line": () => `${repeated("1,", 50e6)}1`,
    "50 MB of lines of one digit": () => repeated("1\n", 50e6),
  }).map(
    ([name, large]) =>
      ["matrix", SMALL_CSV, name, large, undefined, { ofResult: NUMBERS_READ }] as const,
  ),
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
    undefined,
    // As above: two bytes of text for each number.
    { ofResult: NUMBERS_READ },
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
  [
    "matrix in double precision",
    SMALL_CSV,
    "50 MB of digits in double precision",
    () => repeated(ROW, 50e6),
    undefined,
    { ofResult: NUMBERS_READ },
  ],
  [
    "array",
    SMALL_CSV,
    "20 MB of labels",
    () => "7\n".repeat(10e6),
    undefined,
    { ofResult: NUMBERS_READ },
  ],
  ...[1, 10, 50].map((megabytes) => {
    const count = Math.floor((1e6 * megabytes) / resultsText(2).length) * 2;
    const name = `${megabytes} MB of results`;
    const large = (): string => resultsText(count);
    return ["results", resultsText(1), name, large, undefined, { ofResult: OBJECTS }] as const;
  }),
  [
    "results",
    resultsText(1),
    "100 MB of results in one line",
    () => `${resultsText(1)}{"record":"case","chain":"${"x".repeat(100e6)}"}\n`,
  ],
  ["results", resultsText(1), "100 MB of a text", () => `{"a":"${"x".repeat(100e6)}"}`],
  ["layers", LAYERS, "100 MB of a text for layers", () => `{"a":"${"x".repeat(100e6)}"}`],
  ...["BPE", "WordLevel", "WordPiece", "Unigram", "added"].flatMap((type) =>
    [25_000, 250_000].map((count) => {
      const name = `a tokenizer of ${count} entries: ${type}`;
      const large = (): string => tokenizerOf(type, count);
      const beside = { ofResult: OBJECTS };
      return ["tokenizer", tokenizerOf(type, 8), name, large, undefined, beside] as const;
    }),
  ),
  [
    "llama2.c tokenizer",
    llama2cTokenizerOf(8),
    "a tokenizer of llama2.c of 250000 entries",
    () => llama2cTokenizerOf(250_000),
    undefined,
    { ofResult: OBJECTS },
  ],
  ...[600, 1900, 4000].flatMap((side) => [
    image("png", side, true, PNG_PIXEL),
    image("jpeg", side, true, JPEG_PIXEL),
  ]),
  image("png", 1900, false, PNG_PIXEL),
  image("jpeg", 1900, false, JPEG_PIXEL),
  ["JSON", "{}", "16 MB of spaces in JSON", () => `{${" ".repeat(16e6)}}`],
  ["JSON", "{}", "16 MB of a text in JSON", () => `["${"x".repeat(16e6)}"]`],
];

it.each(CASES.map((all) => [all[2], ...all] as const))(
  "%s grow a process by no more than the bound (%s)",
  (_, reader, before, __, large, counted, beside = {}) => {
    const path = folder.write("large", large());
    const size = counted ?? statSync(path).size;
    const program = join(import.meta.dirname, "../testing/read-in-process.ts");
    const options = ["--conditions=@papilio/source", "--expose-gc"];
    const args = [...options, program, reader, folder.write("small", before), path];
    const { growth, result }: Reading = JSON.parse(
      execFileSync(process.execPath, args, { encoding: "utf8" }),
    );
    const { ofResult = 0, bytes = 0 } = beside;
    expect(growth).toBeLessThan(MOST_GROWTH + size + ofResult * result + bytes);
  },
);
