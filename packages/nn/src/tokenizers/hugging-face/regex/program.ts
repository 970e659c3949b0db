/** Whether a code point is one of a set. */
export type CodePointTest = (codePoint: number) => boolean;

/** A step of a program; places of steps are indices into its code. */
export type Instruction =
  | { readonly op: "set"; readonly test: CodePointTest }
  | { readonly op: "jump"; to: number }
  /** Tries one way, then the other; `index` counts these steps. */
  | { readonly op: "split"; first: number; second: number; readonly index: number }
  | { readonly op: "assert"; test(text: string, at: number): boolean }
  /** Whether a program matches here, ahead or behind. */
  | { readonly op: "look"; readonly program: Program; readonly negate: boolean }
  /** Goes on where the first match of a program ends, and never comes back into it. */
  | { readonly op: "atomic"; readonly program: Program }
  | { readonly op: "match" };

export interface Program {
  readonly code: readonly Instruction[];
  readonly splits: number;
  readonly backward: boolean;
}

/** Writes a program step by step. */
export class ProgramWriter {
  readonly backward: boolean;
  readonly #code: Instruction[] = [];
  #splits = 0;

  constructor(backward: boolean) {
    this.backward = backward;
  }

  get length(): number {
    return this.#code.length;
  }

  emit(instruction: Instruction): void {
    this.#code.push(instruction);
  }

  /** A step that tries what follows it first, or last. */
  split(greedy: boolean): { end(at?: number): void; readonly at: number } {
    const at = this.#code.length;
    const split = { op: "split" as const, first: at + 1, second: at + 1, index: this.#splits++ };
    this.#code.push(split);
    return {
      at,
      end: (to = this.#code.length) => {
        if (greedy) split.second = to;
        else split.first = to;
      },
    };
  }

  jump(to = -1): { end(): void } {
    const jump = { op: "jump" as const, to };
    this.#code.push(jump);
    return {
      end: () => {
        jump.to = this.#code.length;
      },
    };
  }

  finish(): Program {
    this.emit({ op: "match" });
    return { code: this.#code, splits: this.#splits, backward: this.backward };
  }
}
