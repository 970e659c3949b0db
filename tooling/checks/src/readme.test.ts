import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const repository = resolve(import.meta.dirname, "../../..");

it.each(["bench", "test"])(
  "the README's command %s is a script, run with the pinned pnpm",
  (script) => {
    const readme = readFileSync(resolve(repository, "README.md"), "utf8");
    const manifest = JSON.parse(readFileSync(resolve(repository, "package.json"), "utf8")) as {
      packageManager: string;
      scripts: Record<string, string>;
    };
    expect(readme.split("\n")).toContain(`npx -y ${manifest.packageManager} ${script}`);
    expect(Object.keys(manifest.scripts)).toContain(script);
  },
);
