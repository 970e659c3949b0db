import type { Site } from "./traced-kernel.ts";
import type { Tokens } from "./wgsl-tokens.ts";

/** An expression in JavaScript, and whether it touches memory: what does not and is no index, is dropped. */
export interface Expression {
  readonly code: string;
  readonly touches: boolean;
}

/** A value that is not kept. */
export const ZERO: Expression = { code: "0", touches: false };
/** Functions that return indices; what others return is never an address. */
const INDEX_FUNCTIONS: Readonly<Record<string, string>> = {
  min: "Math.min",
  max: "Math.max",
  u32: "Math.trunc",
  i32: "Math.trunc",
  select: "((no, yes, which) => (which ? yes : no))",
};
export const MATRIX: RegExp = /^subgroupMatrix(Load|Store)$/;
/** Binary operators, the loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", ">", "<=", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

/** Translates the expressions of a kernel. See `translateKernel`. */
export class ExpressionTranslator {
  readonly sites: Site[] = [];
  /** Rows and columns of the types that the module names. */
  readonly matrices: Map<string, readonly [columns: number, rows: number]> = new Map();
  readonly #tokens: Tokens;
  readonly #bindings: readonly string[];

  constructor(tokens: Tokens, bindings: readonly string[]) {
    this.#tokens = tokens;
    this.#bindings = bindings;
  }

  /** What follows a name: elements of arrays and members of vectors. */
  place(name: string): Expression {
    const tokens = this.#tokens;
    let result: Expression = { code: local(name), touches: false };
    while (true) {
      if (tokens.accept("[")) {
        const index = this.expression();
        tokens.expect("]");
        const binding = this.#bindings.indexOf(name);
        if (binding >= 0 && !result.touches) {
          result = { code: `recorder.touch(${this.#site(binding)}, ${index.code})`, touches: true };
        } else if (!result.touches) result = index.touches ? index : ZERO;
      } else if (tokens.accept(".")) {
        const member = tokens.take();
        if (!result.touches && result !== ZERO) {
          result = { code: `${result.code}.${member}`, touches: false };
        }
      } else return result;
    }
  }

  #site(binding: number): number {
    return this.sites.push({ binding }) - 1;
  }

  /** The expression that comes next, of operators from a level on. */
  expression(level = 0): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    const tokens = this.#tokens;
    let left = this.expression(level + 1);
    while (operators.includes(tokens.peek()) || this.#isShiftRight(operators)) {
      const operator = this.#isShiftRight(operators) ? ">>" : tokens.peek();
      for (const _ of operator === ">>" ? [1, 2] : [1]) tokens.take();
      const right = this.expression(level + 1);
      left = {
        code: binary(operator, left.code, right.code),
        touches: left.touches || right.touches,
      };
    }
    return left;
  }

  #isShiftRight(operators: readonly string[]): boolean {
    const tokens = this.#tokens;
    return operators.includes(">>") && tokens.peek() === ">" && tokens.peek(1) === ">";
  }

  #unary(): Expression {
    const tokens = this.#tokens;
    for (const operator of ["-", "!", "~"]) {
      if (!tokens.accept(operator)) continue;
      const { code, touches } = this.#unary();
      return { code: `${operator}(${code})`, touches };
    }
    if (tokens.accept("(")) {
      const inside = this.expression();
      tokens.expect(")");
      return this.#members({ ...inside, code: `(${inside.code})` });
    }
    const token = tokens.take();
    if (/^[.\d]/.test(token)) return { code: `${Number.parseFloat(token)}`, touches: false };
    if (token === "true" || token === "false") return { code: token, touches: false };
    const generic = tokens.peek() === "<" && this.#isGeneric(token);
    const types = generic ? this.generics() : [];
    if (MATRIX.test(token)) return this.#matrix(types);
    if (tokens.peek() === "(") return this.#members(this.#call(token));
    return this.place(token);
  }

  /** Elements and members of what is no name: of values, which are not kept. */
  #members(of: Expression): Expression {
    const tokens = this.#tokens;
    let result = of;
    while (tokens.peek() === "[" || tokens.peek() === ".") {
      if (tokens.accept(".")) tokens.take();
      else {
        tokens.expect("[");
        const index = this.expression();
        tokens.expect("]");
        result = sequence([result, index]);
      }
    }
    return result;
  }

  #call(name: string): Expression {
    const operands = this.#operands();
    const indices = INDEX_FUNCTIONS[name];
    if (indices === undefined) return sequence(operands);
    const code = `${indices}(${operands.map((operand) => operand.code).join(", ")})`;
    return { code, touches: operands.some(({ touches }) => touches) };
  }

  #operands(): Expression[] {
    const tokens = this.#tokens;
    const operands: Expression[] = [];
    tokens.expect("(");
    while (!tokens.accept(")")) {
      operands.push(this.expression());
      tokens.accept(",");
    }
    return operands;
  }

  /** A load or a store of a whole matrix; of workgroup memory it is nothing. */
  #matrix(types: readonly string[]): Expression {
    const tokens = this.#tokens;
    tokens.expect("(");
    tokens.expect("&");
    const name = tokens.take();
    tokens.expect(",");
    const first = this.expression();
    const rest: Expression[] = [];
    while (tokens.accept(",")) rest.push(this.expression());
    tokens.expect(")");
    const binding = this.#bindings.indexOf(name);
    if (binding < 0) return sequence([first, ...rest]);
    const size = this.matrices.get(types[0] ?? "");
    const stride = rest.at(-1);
    if (size === undefined || stride === undefined) throw tokens.unexpected("a matrix is unknown");
    const [columns, rows] = size;
    const [lines, length] = types[1] === "col_major" ? [columns, rows] : [rows, columns];
    const code = `recorder.touchMatrix(${this.#site(binding)}, ${first.code}, ${stride.code}, ${lines}, ${length})`;
    return { code, touches: true };
  }

  #isGeneric(name: string): boolean {
    return /^(vec[234]|array|bitcast|subgroupMatrix\w+|subgroup_matrix\w+)$/.test(name);
  }

  /** The types between `<` and `>`, where they come next. */
  generics(): string[] {
    const tokens = this.#tokens;
    if (!tokens.accept("<")) return [];
    const types: string[] = [];
    while (!tokens.accept(">")) {
      types.push(this.type());
      tokens.accept(",");
    }
    return types;
  }

  /** Takes a type, and returns its name. */
  type(): string {
    const name = this.#tokens.take();
    this.generics();
    return name;
  }
}

/** Names of WGSL that JavaScript, or this file, has for something else. */
export function local(name: string): string {
  return `${name}_`;
}

/** Computes several for what they touch; the value is not kept. */
function sequence(parts: readonly Expression[]): Expression {
  const touching = parts.filter(({ touches }) => touches);
  if (touching.length === 0) return ZERO;
  return { code: `(${touching.map(({ code }) => code).join(", ")}, 0)`, touches: true };
}

function binary(operator: string, left: string, right: string): string {
  // Indices are whole and not negative.
  if (operator === "/") return `Math.trunc(${left} / ${right})`;
  return `(${left} ${operator} ${right})`;
}
