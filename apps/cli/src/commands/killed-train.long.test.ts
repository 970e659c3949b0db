import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { commandLine, papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

/** Times that a run is killed before it may end. */
const KILLS = 4;

it("a training that is killed and goes on ends with the same file, bit by bit", async () => {
  const text = folder.write("text.txt", "the quick brown fox jumps over the lazy dog. ".repeat(30));
  const size = ["--layers", "1", "--features", "16", "--heads", "2", "--context", "8"];
  const flags = ["train", text, "--model", "gpt2", ...size, "--steps", "3000", "--keep-every", "1"];
  const through = await papilio(...flags, "--out", folder.at("through"));
  expect(through.status, through.stderr).toBe(0);
  const weights = folder.at("killed", "model.safetensors");
  for (let kill = 0; kill < KILLS; kill++) {
    const args = [...commandLine, ...flags, "--out", folder.at("killed"), "--resume"];
    // A group of its own: the process that computes is a child of the one that is started.
    const child = spawn(process.execPath, args, { detached: true, stdio: "ignore" });
    const closed = once(child, "close");
    while (!existsSync(weights) && child.exitCode === null) await sleep(2);
    await sleep(1500 + 37 * kill);
    expect(child.exitCode).toBeNull();
    process.kill(-(child.pid as number), "SIGKILL");
    await closed;
  }
  const resumed = await papilio(...flags, "--out", folder.at("killed"), "--resume");
  expect(resumed.status, resumed.stderr).toBe(0);
  expect(
    readFileSync(weights).equals(readFileSync(folder.at("through", "model.safetensors"))),
  ).toBe(true);
  expect(readdirSync(folder.at("killed"))).toContain("model.safetensors");
}, 300_000);
