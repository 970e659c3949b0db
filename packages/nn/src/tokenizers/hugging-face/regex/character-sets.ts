import type { CharacterClassElementNode, CharacterSetNode } from "oniguruma-parser/parser";
import { NEWER } from "../unicode-newer.ts";
import type { CodePointTest } from "./program.ts";

/** A code point that is not assigned to a character, nor will be. */
const UNASSIGNED = "\u0378";

/** What a pattern asks for that is not computed here. */
export class UnsupportedPattern extends Error {}

// What Oniguruma has for these in UTF-8; JavaScript's \d and \w are of ASCII, and its \s has U+FEFF.
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
/** Superscripts and fractions of Latin-1, which Oniguruma's `\w` has too, except within brackets. */
const WORD_ALONE = `${WORD}\\u00B2\\u00B3\\u00B9\\u00BC-\\u00BE`;
const POSIX: Readonly<Record<string, string>> = {
  alnum: "\\p{Alphabetic}\\p{Nd}",
  alpha: "\\p{Alphabetic}",
  ascii: "\\0-\\x7F",
  blank: "\\t\\p{Zs}",
  cntrl: "\\p{Cc}",
  digit: "\\p{Nd}",
  lower: "\\p{Lowercase}",
  punct: "\\p{P}\\p{S}",
  space: "\\p{White_Space}",
  upper: "\\p{Uppercase}",
  word: WORD,
  xdigit: "0-9A-Fa-f",
};

/** The test of a set such as `\d`, `\p{Lu}` or `[:alpha:]`, by itself or within brackets. */
export function characterSet(
  node: CharacterSetNode,
  { dotAll = false, within = false }: { dotAll?: boolean; within?: boolean } = {},
): CodePointTest {
  const { kind, negate = false } = node;
  switch (kind) {
    case "any":
      return () => true;
    case "dot":
      return dotAll ? () => true : (codePoint) => codePoint !== 0x0a;
    case "digit":
      return fromClass("\\p{Nd}", negate);
    case "hex":
      return fromClass("0-9A-Fa-f", negate);
    case "space":
      return fromClass("\\p{White_Space}", negate);
    case "word":
      return fromClass(within ? WORD : WORD_ALONE, negate);
    case "property":
      return fromClass(propertyClass(node.value), negate);
    case "posix": {
      // Without brackets they are properties, some of which have a little more or less.
      if (!within && node.value === "punct") return fromClass("\\p{P}", negate);
      if (!within && node.value === "word") return fromClass(WORD_ALONE, negate);
      const inside = Object.hasOwn(POSIX, node.value) ? POSIX[node.value] : undefined;
      if (inside === undefined) throw new UnsupportedPattern(`the class [:${node.value}:]`);
      return fromClass(inside, negate);
    }
    default:
      throw new UnsupportedPattern(`the set ${kind}`);
  }
}

/** The test of what stands in brackets. */
export function characterClass(node: CharacterClassElementNode): CodePointTest {
  switch (node.type) {
    case "Character":
      return (codePoint) => codePoint === node.value;
    case "CharacterClassRange": {
      const { min, max } = node;
      return (codePoint) => codePoint >= min.value && codePoint <= max.value;
    }
    case "CharacterSet":
      return characterSet(node, { within: true });
    case "CharacterClass": {
      const { kind, negate } = node;
      const tests = node.body.map(characterClass);
      const both: CodePointTest =
        kind === "union"
          ? (codePoint) => tests.some((test) => test(codePoint))
          : (codePoint) => tests.every((test) => test(codePoint));
      return negate ? (codePoint) => !both(codePoint) : both;
    }
  }
}

/** The characters that a set or class names by themselves or as ends of ranges. */
export function namedCharacters(node: CharacterClassElementNode): number[] {
  switch (node.type) {
    case "Character":
      return [node.value];
    case "CharacterClassRange":
      return [node.min.value, node.max.value];
    case "CharacterClass":
      return node.body.flatMap(namedCharacters);
    default:
      return [];
  }
}

/** Remembers what a test says. */
export function remembered(test: CodePointTest): CodePointTest {
  const known = new Int8Array(0x800);
  return (codePoint) => {
    if (codePoint >= known.length) return test(codePoint);
    if (known[codePoint] === 0) known[codePoint] = test(codePoint) ? 1 : -1;
    return known[codePoint] === 1;
  };
}

const LATER = new RegExp(`[${NEWER.ASSIGNED}]`, "u");

function fromClass(inside: string, negate: boolean): CodePointTest {
  const pattern = new RegExp(`[${inside}]`, "u");
  return (codePoint) => {
    const character = String.fromCodePoint(codePoint);
    // Unassigned in the reference's tables, whatever it is in this engine's.
    const known = codePoint > 0x7f && LATER.test(character) ? UNASSIGNED : character;
    return pattern.test(known) !== negate;
  };
}

/** A property as JavaScript writes it: a general category or binary property, else a script. */
function propertyClass(name: string): string {
  const written = name.replaceAll(/[\s-]+/g, "_");
  for (const property of [written, `Script=${written}`]) {
    try {
      new RegExp(`\\p{${property}}`, "u");
      return `\\p{${property}}`;
    } catch {
      // Not this one.
    }
  }
  throw new UnsupportedPattern(`the property ${name}`);
}
