import { dirname, join } from "node:path/posix";
import { parseSync, Visitor } from "oxc-parser";

/** An import of a file of the same package, types included. */
export interface RelativeImport {
  /** The line of the importing file, from 1. */
  readonly line: number;
  /** Path of the imported file, below the folder that `path` is below. */
  readonly target: string;
}

/**
 * What a source file imports by a relative path: static and dynamic imports, exports from, types by
 * `import("...")`, and workers by `new URL("...", import.meta.url)`.
 *
 * @param path - the file, with `/`; its name says the language, `.vue` included.
 * @throws Error when the source does not parse, so that no import is overlooked.
 */
export function relativeImports(path: string, source: string): RelativeImport[] {
  const isVue = path.endsWith(".vue");
  const script = isVue ? blankOutsideScripts(source) : source;
  const { program, errors } = parseSync(path, script, isVue ? { lang: "ts" } : {});
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  const found: RelativeImport[] = [];
  const note = (node: unknown): void => {
    const { value, start } = (node ?? {}) as { value?: unknown; start?: number };
    if (typeof value !== "string" || !/^\.\.?\//.test(value)) return;
    found.push({
      line: script.slice(0, start).split("\n").length,
      target: join(dirname(path), value),
    });
  };
  new Visitor({
    ImportDeclaration: (node) => note(node.source),
    ExportNamedDeclaration: (node) => note(node.source),
    ExportAllDeclaration: (node) => note(node.source),
    ImportExpression: (node) => note(node.source),
    TSImportType: (node) => note(node.source),
    NewExpression: ({ callee, arguments: [first] }) => {
      if (callee.type === "Identifier" && callee.name === "URL") note(first);
    },
  }).visit(program);
  return found.toSorted((one, other) => one.line - other.line);
}

/** A Vue component's scripts at their lines, and blanks elsewhere. */
function blankOutsideScripts(source: string): string {
  const blank = (text: string): string => text.replace(/[^\n]/g, " ");
  let script = "";
  let end = 0;
  for (const match of source.matchAll(/(<script[^>]*>)([\s\S]*?)<\/script>/g)) {
    const start = match.index + match[1]!.length;
    script += blank(source.slice(end, start)) + match[2]!;
    end = start + match[2]!.length;
  }
  return script + blank(source.slice(end));
}
