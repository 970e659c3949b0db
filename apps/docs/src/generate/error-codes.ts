import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** A place that throws an error. */
interface Thrown {
  readonly code: string;
  /** Of the package. */
  readonly name: string;
  /** With the names of what is filled in. */
  readonly message: string;
  readonly fix: string;
}

const PACKAGES: readonly [folder: string, name: string][] = [
  ["packages/butterfly", "@papilio/butterfly"],
  ["packages/cpu-runtime", "@papilio/cpu-runtime"],
  ["packages/gpu-runtime", "@papilio/gpu-runtime"],
  ["packages/nn", "@papilio/nn"],
  ["packages/bench", "@papilio/bench"],
  ["apps/cli", "papilio"],
];

/** The page's list: every code that the packages throw, with its messages and what to do. */
export function errorCodesPart(root: string): string {
  const thrown = PACKAGES.flatMap(([folder, name]) =>
    globSync("src/**/*.ts", { cwd: join(root, folder) })
      .filter((path) => !/\.test\.ts$|\/testing\//.test(path))
      .sort()
      .flatMap((path) => errorsIn(readFileSync(join(root, folder, path), "utf8"), name)),
  );
  const byCode = [...Map.groupBy(thrown, ({ code }) => code)].sort(([p], [q]) => (p < q ? -1 : 1));
  return `${byCode.map(([code, all]) => entry(code, all)).join("\n\n")}\n`;
}

function entry(code: string, thrown: readonly Thrown[]): string {
  const from = [...new Set(thrown.map(({ name }) => `\`${name}\``))].join(", ");
  const ways = new Map(thrown.map((one) => [`${one.message} ${one.fix}`, one]));
  const lines = [...ways.values()]
    .filter(({ message }) => message !== "")
    .map(({ message, fix }) => `- ${markup(message)}${fix === "" ? "" : `<br>→ ${markup(fix)}`}`);
  if (lines.length === 0) lines.push("- Its message has the figures.");
  return `## ${code} {#${code}}\n\n${from}\n\n${lines.join("\n")}`;
}

function markup(content: string): string {
  return content
    .replace(/[\\`*_[\]#|{}]/g, "\\$&")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** All errors with a literal code in a source: `new PapilioError(...)`, or a function that makes one. */
function errorsIn(source: string, name: string): Thrown[] {
  if (!source.includes("PapilioError") && !/[eE]rror\(/.test(source)) return [];
  const found: Thrown[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const given = node.arguments ?? [];
      const at = given.findIndex((argument) => codesOf(argument).length > 0);
      const callee = node.expression.getText();
      if (at >= 0 && /error|invalid|refuse|problem/i.test(callee)) {
        const [message = "", fix = ""] = given.slice(at + 1).map(textOf);
        for (const code of codesOf(given[at] as ts.Expression)) {
          found.push({ code, name, message, fix });
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true));
  return found;
}

/** The codes that an argument may be: a literal one, or one of two by a condition. */
function codesOf(node: ts.Expression): string[] {
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(codesOf);
  const content = textOf(node) ?? "";
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(content) ? [content] : [];
}

/** A text with the names of what is put into it; undefined for what is no text. */
function textOf(node: ts.Expression): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce(
      (sum, { expression, literal }) => `${sum}⟨${nameOf(expression)}⟩${literal.text}`,
      node.head.text,
    );
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [textOf(node.left), textOf(node.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  return undefined;
}

/** A short name of an expression: the last one in it. */
function nameOf(expression: ts.Expression): string {
  const names = expression.getText().match(/[A-Za-z]\w*/g) ?? [];
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  const known = new Set(["JSON", "stringify", "as", "Math", "number", "string", "join", "String"]);
  return names.find((name) => !known.has(name)) ?? "…";
}
