import { tokenizerError } from "../../tokenizer.ts";
import type { Program } from "./program.ts";

/** Steps that a search may take for each character and step of the program: more is not a linear search. */
const MOST_STEPS = 16;

/**
 * All matches of a program in a text, `[start, end]` in order, none that overlap: the left-most, of those
 * the one that the pattern prefers.
 *
 * The search tries one way after the other, and remembers for each place of the text which ways lead
 * nowhere: none is taken twice, so that the time is linear in the text's length for each step of the
 * program, where engines without memory take exponential time. Source: Davis, Servant and Lee, "Using
 * Selective Memoization to Defeat Regular Expression Denial of Service", 2021. Atomic groups may be
 * searched again from other places; a search that takes too long for it is ended.
 *
 * @throws PapilioError `TOKENIZER_TEXT` for a search that takes too long
 */
export function* matches(program: Program, text: string): Generator<readonly [number, number]> {
  const search = new Search(text, sizeOf(program));
  let from = 0;
  let lastEnd = -1;
  while (from <= text.length) {
    const found = search.find(program, from);
    if (found === undefined) return;
    const [start, end] = found;
    if (start === end && end === lastEnd) {
      // No empty match immediately after the last one.
      from += widthAt(text, from);
      continue;
    }
    from = end;
    lastEnd = end;
    yield found;
  }
}

class Search {
  readonly #text: string;
  /** For each program and place, the splits that lead nowhere, or, in an assertion, to its end. */
  readonly #fails = new Map<Program, Uint8Array>();
  #steps: number;

  constructor(text: string, size: number) {
    this.#text = text;
    this.#steps = MOST_STEPS * size * (text.length + 16);
  }

  find(program: Program, from: number): readonly [number, number] | undefined {
    for (let start = from; start <= this.#text.length; start += widthAt(this.#text, start)) {
      const end = this.#run(program, start, false);
      if (end >= 0) return [start, end];
    }
    return undefined;
  }

  /** Where the match that begins at a place ends, or -1. */
  #run(program: Program, start: number, assertion: boolean): number {
    const { code, splits, backward } = program;
    const text = this.#text;
    const states = this.#statesOf(program);
    // Ways that are left to try, and how many splits had been passed before each.
    const left: { pc: number; at: number; passed: number }[] = [];
    const passed: number[] = [];
    let pc = 0;
    let at = start;
    for (;;) {
      if (--this.#steps < 0) throw tooLong(text);
      const step = code[pc] as (typeof code)[number];
      let ok = true;
      switch (step.op) {
        case "set": {
          const codePoint = backward ? before(text, at) : text.codePointAt(at);
          ok = codePoint !== undefined && step.test(codePoint);
          if (ok) at += (backward ? -1 : 1) * ((codePoint as number) > 0xffff ? 2 : 1);
          pc++;
          break;
        }
        case "jump":
          pc = step.to;
          break;
        case "split": {
          const state = at * splits + step.index;
          const known = states[state];
          if (known === REACHES) return this.#settle(states, passed, true, at);
          ok = known === UNKNOWN;
          if (!ok) break;
          // Nowhere, unless it is found to lead to a match: then it is taken back.
          states[state] = FAILS;
          passed.push(state);
          left.push({ pc: step.second, at, passed: passed.length });
          pc = step.first;
          break;
        }
        case "assert":
          ok = step.test(text, at);
          pc++;
          break;
        case "look":
          ok = this.#run(step.program, at, true) >= 0 !== step.negate;
          pc++;
          break;
        case "atomic": {
          const end = this.#run(step.program, at, false);
          ok = end >= 0;
          at = end;
          pc++;
          break;
        }
        case "match":
          return this.#settle(states, passed, assertion, at);
      }
      if (ok) continue;
      const other = left.pop();
      if (other === undefined) return -1;
      ({ pc, at } = other);
      passed.length = other.passed;
    }
  }

  /** The splits of the way to a match: an assertion need not know how it got there. */
  #settle(states: Uint8Array, passed: readonly number[], assertion: boolean, end: number): number {
    for (const state of passed) states[state] = assertion ? REACHES : UNKNOWN;
    return end;
  }

  #statesOf(program: Program): Uint8Array {
    let states = this.#fails.get(program);
    if (states === undefined) {
      states = new Uint8Array(program.splits * (this.#text.length + 1));
      this.#fails.set(program, states);
    }
    return states;
  }
}

const UNKNOWN = 0;
const FAILS = 1;
const REACHES = 2;

/** Steps of a program and of those within it. */
function sizeOf({ code }: Program): number {
  return code.reduce((sum, step) => sum + ("program" in step ? sizeOf(step.program) : 0) + 1, 0);
}

function before(text: string, at: number): number | undefined {
  if (at === 0) return undefined;
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xdc00 && unit < 0xe000 ? text.codePointAt(at - 2) : unit;
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function tooLong(text: string): Error {
  return tokenizerError(
    "TOKENIZER_TEXT",
    `A regular expression of the tokenizer.json takes too long for a text of ${text.length} characters.`,
  );
}
