import type { Kernel } from "@papilio/gpu-runtime/kernels";
import type { Site, TracedKernel } from "./traced-kernel.ts";
import { ExpressionTranslator, local, MATRIX, ZERO } from "./wgsl-expressions.ts";
import { Tokens } from "./wgsl-tokens.ts";

/**
 * Translates a kernel's WGSL to JavaScript that computes the addresses of one invocation and nothing else:
 * integers are computed, floating-point numbers are all 0. That is enough for kernels whose addresses depend
 * on indices alone, as ours do; what it cannot read, it refuses.
 *
 * @throws TypeError for WGSL that it does not know
 */
export function translateKernel({ bindings, wgsl }: Kernel): TracedKernel {
  const translator = new Translator(
    wgsl,
    bindings.map(({ name }) => name),
  );
  const { body, workgroup, sites } = translator.kernel();
  // From the kernels of this package's own dependencies, whose text is not a user's.
  const run = new Function(
    "invocation",
    "recorder",
    `"use strict";\n${body}`,
  ) as TracedKernel["run"];
  return { sites, workgroup, run };
}

class Translator {
  readonly #tokens: Tokens;
  readonly #bindings: readonly string[];
  readonly #expressions: ExpressionTranslator;

  constructor(wgsl: string, bindings: readonly string[]) {
    this.#tokens = new Tokens(wgsl);
    this.#bindings = bindings;
    this.#expressions = new ExpressionTranslator(this.#tokens, bindings);
  }

  kernel(): { body: string; workgroup: number; sites: readonly Site[] } {
    const tokens = this.#tokens;
    let workgroup = 0;
    while (!tokens.done) {
      if (tokens.accept("@")) {
        if (tokens.take() === "workgroup_size") {
          tokens.expect("(");
          workgroup = Number.parseInt(tokens.take(), 10);
          tokens.expect(")");
        } else if (tokens.peek() === "(") this.#skip("(", ")");
      } else if (tokens.accept("alias")) this.#alias();
      else if (tokens.accept("var")) this.#moduleVariable();
      else if (tokens.accept("const")) this.#skipTo(";");
      else if (tokens.accept("fn")) {
        if (tokens.accept("main"))
          return { body: this.#main(), workgroup, sites: this.#expressions.sites };
        this.#helper();
      } else throw tokens.unexpected("a declaration is unknown");
    }
    throw tokens.unexpected("there is no function main");
  }

  #alias(): void {
    const name = this.#tokens.take();
    this.#tokens.expect("=");
    const type = this.#text(";");
    const sizes = /subgroup_matrix_\w+ < \w+ , (\d+) , (\d+) >/.exec(type);
    if (sizes !== null) this.#expressions.matrices.set(name, [Number(sizes[1]), Number(sizes[2])]);
  }

  #moduleVariable(): void {
    this.#skipTo(";");
  }

  /** A function besides main: its values are not computed, so that it must not touch memory. */
  #helper(): void {
    const tokens = this.#tokens;
    tokens.take();
    this.#skip("(", ")");
    while (tokens.peek() !== "{") tokens.take();
    const body = this.#skip("{", "}");
    const touched = body.find((token) => this.#bindings.includes(token));
    if (touched !== undefined) throw tokens.unexpected(`a function reads ${touched}`);
  }

  #main(): string {
    const tokens = this.#tokens;
    const parameters: string[] = [];
    tokens.expect("(");
    while (!tokens.accept(")")) {
      tokens.expect("@");
      tokens.expect("builtin");
      tokens.expect("(");
      const builtin = tokens.take();
      tokens.expect(")");
      const name = tokens.take();
      parameters.push(`const ${local(name)} = invocation.${builtin};`);
      tokens.expect(":");
      this.#expressions.type();
      tokens.accept(",");
    }
    return `${parameters.join("\n")}\n${this.#block()}`;
  }

  #block(): string {
    this.#tokens.expect("{");
    const statements: string[] = [];
    while (!this.#tokens.accept("}")) statements.push(this.#statement());
    return `{\n${statements.join("\n")}\n}`;
  }

  #statement(): string {
    const tokens = this.#tokens;
    if (tokens.accept(";")) return "";
    if (tokens.peek() === "{") return this.#block();
    if (tokens.accept("if")) return this.#if();
    if (tokens.accept("for")) {
      tokens.expect("(");
      const first = this.#simple();
      tokens.expect(";");
      const condition = this.#expressions.expression().code;
      tokens.expect(";");
      const step = this.#simple();
      tokens.expect(")");
      return `for (${first}; ${condition}; ${step}) ${this.#block()}`;
    }
    const statement = this.#simple();
    tokens.expect(";");
    return `${statement};`;
  }

  #if(): string {
    const condition = this.#expressions.expression().code;
    const then = this.#block();
    if (!this.#tokens.accept("else")) return `if (${condition}) ${then}`;
    const otherwise = this.#tokens.accept("if") ? this.#if() : this.#block();
    return `if (${condition}) ${then} else ${otherwise}`;
  }

  /** A statement without its semicolon, as the head of a loop has it too. */
  #simple(): string {
    const tokens = this.#tokens;
    if (tokens.accept("let") || tokens.accept("var")) {
      const name = tokens.take();
      if (tokens.accept(":")) this.#expressions.type();
      const value = tokens.accept("=") ? this.#expressions.expression().code : "0";
      return `let ${local(name)} = ${value}`;
    }
    const word = tokens.peek();
    if (word === "return" || word === "break" || word === "continue") return tokens.take();
    if (tokens.peek(1) === "(" || (MATRIX.test(word) && tokens.peek(1) === "<")) {
      return this.#expressions.expression().code;
    }
    return this.#assignment();
  }

  #assignment(): string {
    const tokens = this.#tokens;
    const name = tokens.take();
    const target = this.#expressions.place(name);
    const operator = tokens.take();
    if (operator === "++" || operator === "--") return `${target.code}${operator}`;
    if (!operator.endsWith("=")) throw tokens.unexpected("a statement is unknown");
    const value = this.#expressions.expression();
    if (target.touches) return `${target.code}, ${value.code}`;
    // An element of an array or a vector: its value is not kept.
    if (target === ZERO) return value.code;
    return `${target.code} ${operator} ${value.code}`;
  }

  /** Leaves out what is between two brackets, which come next, and returns its tokens. */
  #skip(open: string, close: string): string[] {
    const tokens = this.#tokens;
    const skipped: string[] = [];
    tokens.expect(open);
    for (let depth = 1; depth > 0; ) {
      if (tokens.done) throw tokens.unexpected(`${close} is missing`);
      const token = tokens.take();
      if (token === open) depth++;
      else if (token === close) depth--;
      skipped.push(token);
    }
    return skipped;
  }

  #text(end: string): string {
    const taken: string[] = [];
    while (!this.#tokens.accept(end)) taken.push(this.#tokens.take());
    return taken.join(" ");
  }

  #skipTo(end: string): void {
    this.#text(end);
  }
}
