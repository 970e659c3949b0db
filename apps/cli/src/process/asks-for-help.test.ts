import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { commandLine } from "../testing/command-line.ts";
import { asksForHelp } from "./asks-for-help.ts";

it.each(["", "help", "help bench", "--help", "-h", "--version", "-V", "bench --help", "run -h"])(
  "only asks for help: papilio %s",
  (line) => {
    expect(asksForHelp(line.split(" ").filter((word) => word !== ""))).toBe(true);
  },
);

it.each([
  "doctor",
  "bench --rounds",
  "bench --filter --help",
  "generate m --prompt -h",
  "bench -V",
  "report --help --out",
])("may do more: papilio %s", (line) => {
  expect(asksForHelp(line.split(" "))).toBe(false);
});

it("is answered in the first process; a command has one of its own", () => {
  const processes = (...args: string[]): { spawned: boolean; stdout: string; status: unknown } => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [...commandLine, ...args], {
      encoding: "utf8",
      // Node says on stderr what it spawns.
      env: { ...process.env, NODE_DEBUG: "child_process" },
    });
    return { spawned: /spawn/.test(stderr), stdout, status };
  };
  const help = processes("inspect", "--help");
  expect(help).toMatchObject({ spawned: false, status: 0 });
  expect(help.stdout).toMatch(/^Usage: papilio inspect /);
  expect(processes("inspect")).toMatchObject({ spawned: true, status: 2 });
});
