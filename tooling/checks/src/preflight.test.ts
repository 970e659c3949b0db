import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { listWorkspace } from "./workspace.ts";

const repository = resolve(import.meta.dirname, "../../..");
const script = join(repository, "tooling/preflight.cjs");

/** The status and the words of the check on a Node that says it is of this version. */
function check(version: string): { status: number | null; stderr: string } {
  const program = `
    Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} });
    require(${JSON.stringify(script)});`;
  return spawnSync(process.execPath, ["--eval", program], { encoding: "utf8" });
}

it.each(["18.20.8", "20.20.2", "22.18.0", "23.11.1", "24.1.0"])("Node %s is too old", (version) => {
  const { status, stderr } = check(version);
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).toContain(`need Node 24.2 or newer, and this is Node ${version}`);
  expect(stderr).toContain("https://nodejs.org");
});

it.each(["24.2.0", "24.21.0", "25.0.0", "26.12.1", "100.0.0"])("Node %s is not", (version) => {
  expect(check(version)).toMatchObject({ status: 0, stderr: "" });
});

it("runs before every script of every package", () => {
  const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  const root = { folder: ".", manifest };
  const scripts = [root, ...listWorkspace(repository)].flatMap(({ folder, manifest: each }) =>
    Object.entries(each.scripts ?? {}).map(([name, command]) => ({ folder, name, command })),
  );
  expect(scripts.length).toBeGreaterThan(20);
  const without = scripts.filter(({ folder, command }) => {
    const path = folder === "." ? "tooling/preflight.cjs" : "../../tooling/preflight.cjs";
    return !String(command).startsWith(`node ${path} && `);
  });
  expect(without).toEqual([]);
});
