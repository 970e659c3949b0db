import { PapilioError } from "@papilio/butterfly";
import type {} from "./error-codes.ts";

/** What a formula may use: the row `i`, the column `j`, the size `n`. */
type Variables = Readonly<Record<"i" | "j" | "n", number>>;

type Evaluate = (variables: Variables) => number;

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  sign: Math.sign,
};

const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

/** Operators of two operands by how strongly they bind, the weakest first. */
const LEVELS: readonly (readonly string[])[] = [
  ["<", ">"],
  ["+", "-"],
  ["*", "/", "%"],
];

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  "<": (left, right) => Number(left < right),
  ">": (left, right) => Number(left > right),
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
  "^": (left, right) => left ** right,
};

const LONGEST = 300;

/**
 * Reads a formula of `i`, `j` and `n`, such as `1 / (1 + abs(i - j))`. It is parsed, never run as
 * code: a page's address may carry one from anywhere.
 *
 * @throws PapilioError `FORMULA_SYNTAX` naming what was not expected
 */
export function parseFormula(text: string): Evaluate {
  if (text.length > LONGEST) throw fault(`it has more than ${LONGEST} characters`);
  const tokens = tokenize(text);
  const parser = new Parser(tokens);
  const evaluate = parser.expression(0);
  parser.end();
  return evaluate;
}

/** The `n × n` matrix of a formula, row by row. */
export function matrixOf(formula: string, n: number): Float64Array {
  const evaluate = parseFormula(formula);
  return Float64Array.from({ length: n * n }, (_, index) =>
    evaluate({ i: Math.floor(index / n), j: index % n, n }),
  );
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|[a-z]+|[-+*/%^(),<>])/giy;
  let at = 0;
  while (text.slice(at).trim() !== "") {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null)
      throw fault(`${JSON.stringify(text.slice(at).trim().charAt(0))} is nothing it knows`);
    tokens.push((found[1] as string).toLowerCase());
    at = pattern.lastIndex;
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  end(): void {
    if (this.#at < this.#tokens.length)
      throw fault(`${JSON.stringify(this.#peek())} is not expected`);
  }

  expression(level: number): Evaluate {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#signed();
    let left = this.expression(level + 1);
    while (operators.includes(this.#peek())) {
      const operate = OPERATORS[this.#next()] as (typeof OPERATORS)[string];
      const [before, right] = [left, this.expression(level + 1)];
      left = (variables) => operate(before(variables), right(variables));
    }
    return left;
  }

  /** A sign binds less than a power, as on paper: `-i^2` is `-(i^2)`. */
  #signed(): Evaluate {
    if (this.#peek() === "-") {
      this.#next();
      const value = this.#signed();
      return (variables) => -value(variables);
    }
    const base = this.#primary();
    if (this.#peek() !== "^") return base;
    this.#next();
    const exponent = this.#signed();
    return (variables) => base(variables) ** exponent(variables);
  }

  #primary(): Evaluate {
    const token = this.#next();
    if (token === "(") {
      const inner = this.expression(0);
      this.#expect(")");
      return inner;
    }
    if (/^[\d.]/.test(token)) {
      const value = Number(token);
      return () => value;
    }
    if (token === "i" || token === "j" || token === "n") return (variables) => variables[token];
    const constant = Object.hasOwn(CONSTANTS, token) ? CONSTANTS[token] : undefined;
    if (constant !== undefined) return () => constant;
    const call = Object.hasOwn(FUNCTIONS, token) ? FUNCTIONS[token] : undefined;
    if (call === undefined) throw fault(`${JSON.stringify(token)} is nothing it knows`);
    this.#expect("(");
    const operands = [this.expression(0)];
    while (this.#peek() === ",") {
      this.#next();
      operands.push(this.expression(0));
    }
    this.#expect(")");
    return (variables) => call(...operands.map((operand) => operand(variables)));
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw fault("it ends too early");
    return token;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token)
      throw fault(`${JSON.stringify(found)} stands where ${JSON.stringify(token)} must be`);
  }
}

function fault(reason: string): PapilioError {
  return new PapilioError(
    "FORMULA_SYNTAX",
    `The formula cannot be read: ${reason}.`,
    `Use i, j, n, numbers, + - * / % ^ < >, parentheses, ${[...Object.keys(CONSTANTS), ...Object.keys(FUNCTIONS)].join(", ")}.`,
  );
}
