import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** Where `vitepress build` puts the site. */
export const SITE: string = resolve(import.meta.dirname, "../../.vitepress/dist");

/** The paths of all pages of the built site, such as `/guide/memory` and `/api/`. */
export function listPages(): string[] {
  if (!existsSync(SITE)) throw new Error("The site is not built: run `pnpm docs:test`.");
  return globSync("**/*.html", { cwd: SITE })
    .filter((file) => file !== "404.html")
    .map((file) => `/${file}`.replace(/(\/)index\.html$|\.html$/, "$1"))
    .sort();
}

/** Text of a built page. */
export function readPage(path: string): string {
  const file = path.endsWith("/") ? `${path}index.html` : `${path}.html`;
  return readFileSync(`${SITE}${file}`, "utf8");
}

/** The headers that the site's `_headers` gives all its pages. */
export function readHeaders(): Record<string, string> {
  const [path = "", ...lines] = readFileSync(`${SITE}/_headers`, "utf8").trimEnd().split("\n");
  if (path !== "/*") throw new Error(`_headers begins with ${path}, not with all pages.`);
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", value = ""] = line.trim().split(": ");
      return [name.toLowerCase(), value];
    }),
  );
}
