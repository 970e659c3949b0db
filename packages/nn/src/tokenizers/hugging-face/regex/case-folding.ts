import type { AlternativeElementNode } from "oniguruma-parser/parser";
import { UnsupportedPattern } from "./character-sets.ts";
import type { CodePointTest } from "./program.ts";

/** Letters of ASCII that fold together with one outside ASCII. */
const BEYOND_ASCII: Readonly<Record<string, string>> = { s: "\u017F", k: "\u212A" };
/** Two letters that Oniguruma folds together with one character. */
const LIGATURES = new Set(["ss", "ff", "fi", "fl", "st"]);

interface Element {
  readonly node: AlternativeElementNode;
  readonly flags: { readonly ignoreCase: boolean };
}

/** Patterns without regard to case, of letters of ASCII alone: others fold in ways that are refused. */
export const CaseFolding = {
  /** A test that also holds for a letter whose other case is in the set. */
  test(test: CodePointTest, named: readonly number[]): CodePointTest {
    const beyond = named.find((codePoint) => codePoint > 0x7f && hasCase(codePoint));
    if (beyond !== undefined) {
      throw new UnsupportedPattern(`${String.fromCodePoint(beyond)} without regard to case`);
    }
    return (codePoint) => variants(codePoint).some(test);
  },

  /** @throws UnsupportedPattern for letters that one character stands for */
  requireSingle(elements: readonly Element[]): void {
    for (const [index, { node, flags }] of elements.entries()) {
      const next = elements[index + 1]?.node;
      if (!flags.ignoreCase || node.type !== "Character" || next?.type !== "Character") continue;
      const both = String.fromCodePoint(node.value, next.value).toLowerCase();
      if (LIGATURES.has(both)) throw new UnsupportedPattern(`${both} without regard to case`);
    }
  },
};

function variants(codePoint: number): number[] {
  const character = String.fromCodePoint(codePoint);
  const lower =
    Object.entries(BEYOND_ASCII).find(([, other]) => other === character)?.[0] ??
    character.toLowerCase();
  const all = [character, lower, lower.toUpperCase(), BEYOND_ASCII[lower] ?? lower];
  return all.filter((one) => [...one].length === 1).map((one) => one.codePointAt(0) as number);
}

function hasCase(codePoint: number): boolean {
  const character = String.fromCodePoint(codePoint);
  return character.toLowerCase() !== character || character.toUpperCase() !== character;
}
