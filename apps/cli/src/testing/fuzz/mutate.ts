import { mutateJson } from "./mutate-json.ts";
import type { Random } from "./random.ts";

/** Values that break readers, as JSON and Python write them and as nothing does. */
const VALUES: readonly string[] = [
  ...["null", "true", "false", "NaN", "Infinity", "None", "True", "undefined"],
  ...["0", "-0", "-1", "1", "2", "3", "1.5", "0.1", "255", "65536", "2147483647", "2147483648"],
  ...["4294967295", "4294967296", "9007199254740991", "9007199254740992", "18446744073709551616"],
  ...["1e-12", "5e-324", "1e300", "1e999", "-1e999", "1e", "0x10", "9".repeat(400)],
  ...[
    '""',
    '"x"',
    '"\\u0000"',
    '"\\u001b[31m"',
    '"\\ud800"',
    '"__proto__"',
    '"constructor"',
    '"toString"',
  ],
  ...[
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '{"a":1}',
    '{"__proto__":{"x":1}}',
    '{"valueOf":1,"toString":1}',
  ],
  ...["()", "(1L,)", "(,)", "'", '"', "\\", "%", "#", ";", "\n", "\n\n", " ", "\0", "\uFEFF"],
  `"${"x".repeat(10_000)}"`,
  `${"[".repeat(200)}${"]".repeat(200)}`,
  `${'{"a":'.repeat(200)}1${"}".repeat(200)}`,
  "[".repeat(100_000),
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  `[${"0,".repeat(20_000)}0]`,
  " ".repeat(20_000),
  "1,".repeat(5_000),
];
const NUMBERS: readonly number[] = [0, 1, 2, 127, 128, 255, 256, 1024, 65535, 2 ** 24, 2 ** 31 - 1];
/** Texts, numbers, words and brackets, none of them searched for in more than a line. */
const TOKEN = /"(?:[^"\\\n]|\\.){0,200}"|[-+\w.]+|[[{(]/g;

type Mutation = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

const BINARY: readonly Mutation[] = [
  (bytes, random) => {
    const changed = bytes.slice();
    const at = random.below(bytes.length);
    changed[at] = (changed[at] as number) ^ (1 << random.below(8));
    return changed;
  },
  (bytes, random) => bytes.slice().fill(random.below(256), ...range(bytes, random, 16)),
  (bytes, random) => {
    const changed = bytes.slice();
    const value = random.pick(NUMBERS) * (random.below(4) === 0 ? -1 : 1);
    const at = random.below(Math.max(1, bytes.length - 4));
    if (at + 4 <= bytes.length)
      new DataView(changed.buffer).setInt32(at, value, random.below(2) > 0);
    return changed;
  },
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const [from, to] = range(bytes, random, 64);
    return splice(bytes, from, to, new Uint8Array(0));
  },
  (bytes, random) => {
    const [from, to] = range(bytes, random, 4096);
    return splice(bytes, to, to, bytes.subarray(from, to));
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    const at = random.below(bytes.length + 1);
    return splice(bytes, at, bytes.length, other.subarray(random.below(other.length + 1)));
  },
];

const TEXTUAL: readonly Mutation[] = [
  // A word, or a bracket with all that is in it, becomes another value.
  (bytes, random) => replaceToken(bytes, random, random.pick(VALUES)),
  // Something that stands elsewhere in the file.
  (bytes, random) => replaceToken(bytes, random, tokenOf(latin1(bytes), random)?.[0] ?? ""),
  (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return splice(bytes, at, at, encode(random.pick(VALUES)));
  },
  // A line, or what is between two commas, twice.
  (bytes, random) => {
    const text = latin1(bytes);
    const separator = random.pick(["\n", ",", ";"]);
    const parts = text.split(separator);
    const at = random.below(parts.length);
    return encode(
      parts
        .toSpliced(at, random.below(2), parts[at] as string, parts[at] as string)
        .join(separator),
    );
  },
];

/** One to three changes of a file; of a text, mostly of what its words are, or its values where it is JSON. */
export function mutate(
  bytes: Uint8Array,
  random: Random,
  { textual, others }: { readonly textual: boolean; readonly others: readonly Uint8Array[] },
): Uint8Array {
  // Files that are still JSON get further.
  const json = textual && random.below(3) > 0 ? mutateJson(latin1(bytes), random) : undefined;
  if (json !== undefined) return encode(json);
  let changed = bytes;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const kinds = textual && random.below(4) > 0 ? TEXTUAL : BINARY;
    changed = random.pick(kinds)(changed, random, others);
    if (changed.length === 0) break;
  }
  return changed;
}

function replaceToken(bytes: Uint8Array, random: Random, value: string): Uint8Array {
  const text = latin1(bytes);
  const found = tokenOf(text, random);
  if (found === undefined) return bytes;
  const end = "[{(".includes(found[0]) ? closing(text, found.index) : found.index + found[0].length;
  return splice(bytes, found.index, end, encode(value));
}

/** The token at a random place. */
function tokenOf(text: string, random: Random): RegExpExecArray | undefined {
  TOKEN.lastIndex = random.below(text.length + 1);
  return TOKEN.exec(text) ?? undefined;
}

/** Where a bracket is closed, roughly: brackets in texts count too. */
function closing(text: string, open: number): number {
  let level = 0;
  for (let at = open; at < text.length; at++) {
    if ("[{(".includes(text[at] as string)) level++;
    else if ("]})".includes(text[at] as string) && --level === 0) return at + 1;
  }
  return text.length;
}

function range(bytes: Uint8Array, random: Random, most: number): [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.below(most))];
}

function splice(bytes: Uint8Array, from: number, to: number, insert: Uint8Array): Uint8Array {
  const spliced = new Uint8Array(bytes.length - (to - from) + insert.length);
  spliced.set(bytes.subarray(0, from));
  spliced.set(insert, from);
  spliced.set(bytes.subarray(to), from + insert.length);
  return spliced;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function encode(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
