import {
  type AlternativeElementNode,
  type AlternativeNode,
  type AssertionNode,
  type CharacterClassNode,
  type CharacterNode,
  type CharacterSetNode,
  parse,
  type QuantifierNode,
} from "oniguruma-parser/parser";
import { CaseFolding } from "./case-folding.ts";
import {
  characterClass,
  characterSet,
  namedCharacters,
  remembered,
  UnsupportedPattern,
} from "./character-sets.ts";
import { type CodePointTest, type Program, ProgramWriter } from "./program.ts";

/** Steps of a program at most, repetitions written out. */
const MOST_STEPS = 4096;

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
}

/**
 * The program of a regular expression of Oniguruma, which the reference implementation uses. Groups count for
 * nothing but themselves: only where a match begins and ends is asked for.
 *
 * @throws UnsupportedPattern, and the parser's SyntaxError
 */
export function compileRegex(source: string): Program {
  // Which is less than [:punct:] there; the parser does not tell the two apart.
  if (/\\p\{\^?\s*punct/i.test(source) && source.includes("[")) {
    throw new UnsupportedPattern("\\p{Punct} beside brackets");
  }
  const { body, flags } = parse(source, { normalizeUnknownPropertyNames: true });
  return new Compiler().program(body, flags, false);
}

class Compiler {
  #steps = 0;

  program(alternatives: readonly AlternativeNode[], flags: Flags, backward: boolean): Program {
    const writer = new ProgramWriter(backward);
    this.#alternatives(writer, alternatives, flags);
    return writer.finish();
  }

  #alternatives(writer: ProgramWriter, all: readonly AlternativeNode[], flags: Flags): void {
    const ends: { end(): void }[] = [];
    for (const [index, { body }] of all.entries()) {
      const last = index === all.length - 1;
      const split = last ? undefined : writer.split(true);
      this.#sequence(writer, body, flags);
      if (split === undefined) break;
      ends.push(writer.jump());
      split.end();
    }
    for (const jump of ends) jump.end();
  }

  #sequence(writer: ProgramWriter, body: readonly AlternativeElementNode[], outer: Flags): void {
    // Flags that are set within a sequence hold from there on.
    let flags = outer;
    const elements = body.map((node) => {
      if (node.type === "Directive" && node.kind === "flags") flags = changed(flags, node.flags);
      return { node, flags };
    });
    CaseFolding.requireSingle(elements);
    for (const element of writer.backward ? elements.toReversed() : elements) {
      this.#element(writer, element.node, element.flags);
    }
  }

  #element(writer: ProgramWriter, node: AlternativeElementNode, flags: Flags): void {
    if (++this.#steps > MOST_STEPS) {
      throw new UnsupportedPattern(`more than ${MOST_STEPS} steps`);
    }
    switch (node.type) {
      case "Character":
      case "CharacterClass":
      case "CharacterSet":
        writer.emit({ op: "set", test: testOf(node, flags) });
        return;
      case "Assertion":
        writer.emit({ op: "assert", test: assertion(node) });
        return;
      case "Quantifier":
        this.#quantifier(writer, node, flags);
        return;
      case "CapturingGroup":
        this.#alternatives(writer, node.body, flags);
        return;
      case "Group": {
        const inner = changed(flags, node.flags);
        if (!node.atomic) this.#alternatives(writer, node.body, inner);
        else
          writer.emit({ op: "atomic", program: this.program(node.body, inner, writer.backward) });
        return;
      }
      case "LookaroundAssertion": {
        const program = this.program(node.body, flags, node.kind === "lookbehind");
        writer.emit({ op: "look", program, negate: node.negate });
        return;
      }
      case "Directive":
        // Flags are those of the elements after it already.
        if (node.kind !== "flags") throw new UnsupportedPattern("what is kept of a match");
        return;
      default:
        throw new UnsupportedPattern(`the element ${node.type}`);
    }
  }

  #quantifier(writer: ProgramWriter, node: QuantifierNode, flags: Flags): void {
    const { kind, min, max, body } = node;
    // Engines differ in when they end such a loop.
    if (max > 1 && canBeEmpty(body)) {
      throw new UnsupportedPattern("a repetition of what can be empty");
    }
    if (kind === "possessive") {
      const inner = new ProgramWriter(writer.backward);
      this.#quantifier(inner, { ...node, kind: "greedy" }, flags);
      writer.emit({ op: "atomic", program: inner.finish() });
      return;
    }
    for (let copy = 0; copy < min; copy++) this.#element(writer, body, flags);
    const greedy = kind === "greedy";
    if (max !== Number.POSITIVE_INFINITY) {
      const ways = Array.from({ length: max - min }, () => {
        const way = writer.split(greedy);
        this.#element(writer, body, flags);
        return way;
      });
      for (const way of ways) way.end();
      return;
    }
    const loop = writer.split(greedy);
    this.#element(writer, body, flags);
    writer.jump(loop.at);
    loop.end();
  }
}

function changed(
  flags: Flags,
  change: { enable?: Partial<Flags>; disable?: Partial<Flags> } | undefined,
): Flags {
  const of = (name: keyof Flags): boolean =>
    change?.enable?.[name] ? true : change?.disable?.[name] ? false : flags[name];
  return { ignoreCase: of("ignoreCase"), dotAll: of("dotAll") };
}

function testOf(
  node: CharacterNode | CharacterClassNode | CharacterSetNode,
  { ignoreCase, dotAll }: Flags,
): CodePointTest {
  const test = node.type === "CharacterSet" ? characterSet(node, { dotAll }) : characterClass(node);
  // Sets by themselves have the case that they name, as \p{Lu}.
  if (!ignoreCase || node.type === "CharacterSet") return remembered(test);
  const named = namedCharacters(node);
  // What is negated is what has another case within the class, too.
  if (node.type !== "CharacterClass" || !node.negate)
    return remembered(CaseFolding.test(test, named));
  const positive = CaseFolding.test(characterClass({ ...node, negate: false }), named);
  return remembered((codePoint) => !positive(codePoint));
}

function canBeEmpty(node: AlternativeElementNode): boolean {
  switch (node.type) {
    case "Character":
    case "CharacterClass":
    case "CharacterSet":
      return false;
    case "Quantifier":
      return node.min === 0 || canBeEmpty(node.body);
    case "Group":
    case "CapturingGroup":
      return node.body.some(({ body }) => body.every(canBeEmpty));
    default:
      return true;
  }
}

const WORD = characterSet({ type: "CharacterSet", kind: "word" });

function assertion({ kind, negate = false }: AssertionNode): (text: string, at: number) => boolean {
  switch (kind) {
    case "line_start":
      // Not after a newline that ends the text.
      return (text, at) => at === 0 || (text[at - 1] === "\n" && at < text.length);
    case "line_end":
      return (text, at) => at === text.length || text[at] === "\n";
    case "string_start":
      return (_, at) => at === 0;
    case "string_end":
      return (text, at) => at === text.length;
    case "string_end_newline":
      return (text, at) => at === text.length || (at === text.length - 1 && text[at] === "\n");
    case "word_boundary":
      return (text, at) => {
        const before = Array.from(text.slice(Math.max(0, at - 2), at)).at(-1);
        const isWord = (character: string | undefined): boolean =>
          character !== undefined && WORD(character.codePointAt(0) as number);
        return (
          (isWord(before) !== (at < text.length && WORD(text.codePointAt(at) as number))) !== negate
        );
      };
    default:
      throw new UnsupportedPattern(`the assertion ${kind}`);
  }
}
