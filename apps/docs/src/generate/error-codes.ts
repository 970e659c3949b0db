import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DeclaredCode, declaredCodes, sourcesOf } from "@papilio/checks/declared-codes";
import { listWorkspace } from "@papilio/checks/workspace";
import ts from "typescript";

/** A place that throws an error. */
interface Thrown {
  readonly code: string;
  /** With the names of what is filled in. */
  readonly message: string;
  readonly fix: string;
}

/** The page's list: every code that the packages declare, with when, what to do, and the messages. */
export function errorCodesPart(root: string): string {
  const declared = declaredCodes(root).sort((p, q) => (p.code < q.code ? -1 : 1));
  const thrown = Map.groupBy(
    listWorkspace(root)
      .filter(({ manifest }) => manifest.private !== true)
      .flatMap(({ folder }) => sourcesOf(root, folder))
      .flatMap((path) => errorsIn(readFileSync(join(root, path), "utf8"))),
    ({ code }) => code,
  );
  return `${declared.map((one) => entry(one, thrown.get(one.code) ?? [])).join("\n\n")}\n`;
}

function entry({ code, name, when, remedy }: DeclaredCode, thrown: readonly Thrown[]): string {
  const ways = new Map(thrown.map((one) => [`${one.message} ${one.fix}`, one]));
  const messages = [...ways.values()]
    .filter(({ message }) => message !== "")
    .map(({ message, fix }) => `- ${markup(message)}${fix === "" ? "" : `<br>→ ${markup(fix)}`}`);
  const list = messages.length === 0 ? "" : `\n\n${messages.join("\n")}`;
  return `## ${code} {#${code}}\n\n${`${when} ${remedy}`.replaceAll("<", "&lt;")} (\`${name}\`)${list}`;
}

function markup(content: string): string {
  return content
    .replace(/[\\`*_[\]#|{}]/g, "\\$&")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** All errors with a literal code in a source: `new PapilioError(...)`, or a function that makes one. */
function errorsIn(source: string): Thrown[] {
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
          found.push({ code, message, fix });
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

/** A text with the names of what is put into it; undefined for what is not text. */
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
