import { globSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const results = resolve(import.meta.dirname, "../../../results");
const readme = readFileSync(join(results, "README.md"), "utf8");

it("results/README.md says of each file what it is, and of none that is not there", () => {
  const listed = [...readme.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, files = ""]) =>
    [...files.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file.replace(/\/$/, "")),
  );
  expect(listed.toSorted()).toEqual(
    readdirSync(results)
      .filter((file) => file !== "README.md")
      .sort(),
  );
});

describe.each(globSync("*.{json,jsonl}", { cwd: results }))("%s", (file) => {
  it("was made by the command that results/README.md has", () => {
    const text = readFileSync(join(results, file), "utf8");
    const record = JSON.parse(
      file.endsWith(".jsonl") ? (text.split("\n", 1)[0] as string) : text,
    ) as {
      command?: string;
      environment?: { command: string };
    };
    const command = record.environment?.command ?? record.command;
    expect(command).toMatch(/^(papilio|pnpm) /);
    expect(readme).toContain(`\`${command}\``);
  });
});
