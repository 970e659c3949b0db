import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { commandsOfRun, commandsOfWorkflow, readYaml, type Workflow } from "./workflows.ts";

const root = resolve(import.meta.dirname, "../../../..");
const text = (path: string) => readFileSync(join(root, path), "utf8");
const { packageManager } = JSON.parse(text("package.json")) as { packageManager: string };
const workflows = globSync(".github/workflows/*.yml", { cwd: root }).sort();

it("the workflow checks what .ci/run checks, by the same names and commands, in the same order", () => {
  const workflow = readYaml<Workflow>(root, ".github/workflows/ci.yml");
  const wanted = commandsOfRun(text(".ci/run"), `npx -y ${packageManager}`);
  expect(wanted.map(([, command]) => command)).toContain(`npx -y ${packageManager} test:all`);
  expect(commandsOfWorkflow(workflow)).toEqual(wanted);
});

it("sees a command that differs, and one that is missing", () => {
  const pnpm = `"$\{pnpm[@]}"`;
  const script = `check "lint" ${pnpm} lint\nsuite "tests" ${pnpm} test:all\n`;
  expect(commandsOfRun(script, "pnpm")).toEqual([
    ["lint", "pnpm lint"],
    ["tests", "pnpm test:all"],
  ]);
  const steps = [{ uses: "actions/checkout@v5" }, { name: "lint", run: "pnpm lint --write" }];
  expect(commandsOfWorkflow({ name: "CI", permissions: {}, jobs: { one: { steps } } })).toEqual([
    ["lint", "pnpm lint --write"],
  ]);
});

describe.each(workflows)("%s", (path) => {
  const workflow = readYaml<Workflow>(root, path);
  const jobs = Object.entries(workflow.jobs);

  it("names each action by the commit of a release", () => {
    const actions = [...text(path).matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(
      ([, action]) => action,
    );
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) {
      expect(action).toMatch(
        /^(\.\/\.github\/workflows\/\S+|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
      );
    }
  });

  it("gives a token no more than its job needs", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const more = Object.fromEntries(
      jobs.flatMap(([name, { permissions }]) =>
        permissions === undefined ? [] : [[name, permissions]],
      ),
    );
    expect(more).toEqual(
      path.endsWith("release.yml")
        ? {
            version: { contents: "write", "pull-requests": "write" },
            publish: { contents: "write", "id-token": "write" },
          }
        : {},
    );
  });

  it("knows no secret but the run's own token", () => {
    const secrets = [...text(path).matchAll(/secrets[.[]\s*["']?(\w+)/g)].map(([, name]) => name);
    expect(secrets.filter((name) => name !== "GITHUB_TOKEN")).toEqual([]);
  });

  it("runs the pinned pnpm, and scripts that there are", () => {
    const { scripts } = JSON.parse(text("package.json")) as { scripts: Record<string, string> };
    const called = [...text(path).matchAll(/npx -y (pnpm@\S+) (\S+)/g)];
    for (const [, pnpm, script] of called) {
      expect(pnpm).toBe(packageManager);
      expect(["install", ...Object.keys(scripts)]).toContain(script);
    }
  });
});
