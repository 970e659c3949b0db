import { requireArray, requireText } from "../errors/argument-checks.ts";
import { requireListOf } from "../errors/matrix-checks.ts";
import type { PapilioError } from "../errors/papilio-error.ts";
import { fileError } from "./file-error.ts";

/** A kind of file that is recognised by its first bytes. */
export interface FileKind {
  /** Stable: what a program branches on. */
  readonly id: FileKindId;
  /** For a sentence that begins with "The file is". */
  readonly description: string;
  /** How it becomes something that is read here, as a sentence, where there is a usual way. */
  readonly advice?: string;
}

export type FileKindId =
  | "npy"
  | "safetensors"
  | "matrix-market"
  | "png"
  | "jpeg"
  | "gzip"
  | "json"
  | "json-lines"
  | "llama2c"
  | "empty"
  /** Any other that has a name: no reader of ours takes it. */
  | "other";

/** Bytes that {@link fileKind} looks at. */
const LOOKED_AT = 4096;

const TORCH_ADVICE =
  "Save its state dict in Python with safetensors.torch.save_file(model.state_dict(), FILE).";
const NUMPY_ADVICE = "Save the matrix in Python with numpy.save(FILE, array).";

/** What files begin with: bytes as Latin-1 text, at an offset. */
const SIGNATURES: readonly (readonly [bytes: string, kind: FileKind, offset?: number])[] = [
  ["\x93NUMPY", { id: "npy", description: "a NumPy array (npy)" }],
  ["\x89PNG\r\n\x1a\n", { id: "png", description: "a PNG image" }],
  ["\xff\xd8\xff", { id: "jpeg", description: "a JPEG image" }],
  [
    "\x1f\x8b",
    { id: "gzip", description: "compressed with gzip", advice: "Decompress it with gzip -d." },
  ],
  ["(\xb5/\xfd", other("compressed with Zstandard", "Decompress it with zstd -d.")],
  ["\xfd7zXZ\0", other("compressed with xz", "Decompress it with xz -d.")],
  ["BZh", other("compressed with bzip2", "Decompress it with bzip2 -d.")],
  ["7z\xbc\xaf'\x1c", other("a 7-Zip archive", "Unpack it.")],
  [
    "GGUF",
    other("a GGUF model", "Use the model's safetensors files, which it was converted from."),
  ],
  ["ggml", other("a GGML model", "Use the model's safetensors files.")],
  ["lmgg", other("a GGML model", "Use the model's safetensors files.")],
  ["\x89HDF\r\n\x1a\n", other("an HDF5 file", NUMPY_ADVICE)],
  ["CDF\x01", other("a NetCDF file", NUMPY_ADVICE)],
  ["MATLAB 5.0 MAT-file", other("a MATLAB file", NUMPY_ADVICE)],
  ["PAR1", other("a Parquet table", NUMPY_ADVICE)],
  ["ARROW1", other("an Arrow table", NUMPY_ADVICE)],
  ["SQLite format 3\0", other("an SQLite database")],
  ["GIF8", other("a GIF image", "Convert it to PNG or JPEG.")],
  ["BM", other("a BMP image", "Convert it to PNG or JPEG.")],
  ["II*\0", other("a TIFF image", "Convert it to PNG or JPEG.")],
  ["MM\0*", other("a TIFF image", "Convert it to PNG or JPEG.")],
  ["WEBP", other("a WebP image", "Convert it to PNG or JPEG."), 8],
  ["ftypavif", other("an AVIF image", "Convert it to PNG or JPEG."), 4],
  ["ftypheic", other("a HEIC image", "Convert it to PNG or JPEG."), 4],
  ["TFL3", other("a TensorFlow Lite model"), 4],
  ["%PDF-", other("a PDF document")],
  ["\x7fELF", other("an executable")],
  ["\0asm", other("a WebAssembly module")],
  ["ustar", other("a tar archive", "Unpack it with tar -x."), 257],
  ["24ka", { id: "llama2c", description: "a llama2.c model of a later version" }],
  [
    "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
    other("a PyTorch checkpoint (pickle)", TORCH_ADVICE),
  ],
];

/**
 * What a file is, by its first bytes; nothing when they are no sign. Where a format has no signature
 * of its own, such as safetensors and llama2.c, its header must be plausible.
 *
 * @param start of the file: its first 4096 bytes, or all where it has fewer
 * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`
 *
 * @example
 * ```ts
 * fileKind(new TextEncoder().encode("%%MatrixMarket matrix coordinate real general\n"))?.id; // "matrix-market"
 * ```
 */
export function fileKind(start: Uint8Array): FileKind | undefined {
  requireArray("The beginning of the file", start, "Uint8Array");
  if (start.length === 0) return { id: "empty", description: "empty" };
  const head = start.subarray(0, LOOKED_AT);
  const text = latin1(head);
  const signed = SIGNATURES.find(([bytes, , offset = 0]) => text.startsWith(bytes, offset));
  if (signed !== undefined && (signed[0] !== "BM" || isBitmap(text))) return signed[1];
  return archiveKind(text) ?? headerKind(head) ?? textKind(text);
}

/**
 * The error for a file that is recognisable as another kind than the one that a reader wants; nothing
 * when it is not.
 *
 * @param wanted ids that the reader takes
 * @param name what it reads, for a sentence: "a safetensors file"
 * @throws PapilioError `ARRAY_TYPE`, `ARRAY_DETACHED`, `OPTION_INVALID`
 */
export function wrongKind(
  start: Uint8Array,
  wanted: readonly FileKindId[],
  name: string,
): PapilioError | undefined {
  requireListOf("The kinds", wanted, requireText);
  requireText("What is read", name);
  const kind = fileKind(start);
  if (kind === undefined || wanted.includes(kind.id)) return undefined;
  return fileError(
    kind.id === "empty" ? "FILE_TRUNCATED" : "FILE_HEADER",
    `The file is ${kind.description}, not ${name}.`,
    { ...(kind.advice === undefined ? {} : { fix: kind.advice }) },
  );
}

function other(description: string, advice?: string): FileKind {
  return { id: "other", description, ...(advice === undefined ? {} : { advice }) };
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Two letters are no signature: the reserved bytes of a bitmap are zero too. */
function isBitmap(text: string): boolean {
  return text.slice(6, 10) === "\0\0\0\0";
}

/** Zip archives by what is in them, and pickles. */
function archiveKind(text: string): FileKind | undefined {
  if (text.startsWith("PK\x03\x04")) {
    // The name of the first file in it: its length is at 26, the name at 30.
    const name = text.slice(30, 30 + text.charCodeAt(26));
    if (/(^|\/)(data\.pkl|\.format_version|version)$/.test(name)) {
      return other("a PyTorch checkpoint (zip)", TORCH_ADVICE);
    }
    if (name.endsWith(".npy")) return other("a NumPy archive (npz)", NUMPY_ADVICE);
    return other("a zip archive", "Unpack it.");
  }
  const [first = "", second = ""] = text;
  // A pickle of protocol 2 to 5, and an instruction that one begins with.
  if (
    first === "\x80" &&
    second >= "\x02" &&
    second <= "\x05" &&
    /[\x95}\](cX\x8c\x8a]/.test(text[2] ?? "")
  ) {
    return other("a Python pickle", TORCH_ADVICE);
  }
  return undefined;
}

/** Formats without a signature, by headers that could be theirs. */
function headerKind(head: Uint8Array): FileKind | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length > 8 && head[8] === 0x7b && view.getBigUint64(0, true) <= 100_000_000n) {
    return { id: "safetensors", description: "a safetensors file" };
  }
  if (head.length < 28) return undefined;
  const sizes = Array.from({ length: 7 }, (_, index) => view.getInt32(4 * index, true));
  const [features = 0, , layers = 0, heads = 0, keyValueHeads = 0] = sizes;
  const plausible =
    sizes.every(
      (size, index) => (index === 5 ? size !== 0 : size > 0) && Math.abs(size) < 2 ** 24,
    ) &&
    layers <= 1024 &&
    features % heads === 0 &&
    heads % keyValueHeads === 0;
  return plausible ? { id: "llama2c", description: "a llama2.c model" } : undefined;
}

function textKind(text: string): FileKind | undefined {
  const content = text.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^%%MatrixMarket\b/i.test(content)) {
    return { id: "matrix-market", description: "a Matrix Market file" };
  }
  if (content.startsWith("version https://git-lfs")) {
    return other(
      "a pointer of Git LFS, not the file that it points at",
      "Fetch the file: git lfs pull.",
    );
  }
  if (/^<(!doctype|html|\?xml|svg)/i.test(content)) {
    return other(/^<(\?xml|svg)/i.test(content) ? "an XML document" : "a web page");
  }
  // A line that is a whole object, and another after it.
  if (/^\{[^\n]*\}[ \t\r]*\n\s*\{/.test(content)) {
    return { id: "json-lines", description: "JSON Lines" };
  }
  if (/^(\{\s*["}]|\[\s*[[{"\d\]-])/.test(content)) return { id: "json", description: "JSON" };
  return undefined;
}
