import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const KINDS = ["major", "minor", "patch"] as const;

/** What the next release brings, from the changesets, and what earlier ones brought. */
export function changelogPart(root: string): string {
  const pending = globSync(".changeset/*.md", { cwd: root })
    .filter((path) => !path.endsWith("README.md"))
    .map((path) => parse(readFileSync(join(root, path), "utf8")));
  const names = [...new Set(pending.flatMap(({ packages }) => [...packages.keys()]))].sort();
  const sections = names.map((name) => {
    const entries = KINDS.flatMap((kind) =>
      pending.filter(({ packages }) => packages.get(name) === kind).map(({ text }) => `- ${text}`),
    );
    return `### ${name}\n\n${entries.join("\n")}`;
  });
  const released = globSync("{packages,apps}/*/CHANGELOG.md", { cwd: root })
    .filter((path) => existsSync(join(root, path)))
    .map((path) => escaped(readFileSync(join(root, path), "utf8").replace(/^#/gm, "##")));
  const next = sections.length === 0 ? ["Nothing yet."] : sections;
  return `${["## Not released yet", ...next, ...released].join("\n\n")}\n`;
}

function parse(changeset: string): { packages: Map<string, string>; text: string } {
  const [, head = "", text = ""] = /^---\n(.*?)\n---\n(.*)$/s.exec(changeset) ?? [];
  const packages = new Map(
    [...head.matchAll(/^"(.+)": (\w+)$/gm)].map(([, name, kind]) => [
      name as string,
      kind as string,
    ]),
  );
  return { packages, text: escaped(text.trim().replaceAll("\n", " ")) };
}

/** Not tags for the site. */
function escaped(text: string): string {
  return text.replaceAll("<", "&lt;");
}
