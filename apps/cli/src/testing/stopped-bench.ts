import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseResults } from "@papilio/bench/results";
import { expect } from "vitest";
import { adapterFlags, commandLine } from "./command-line.ts";

/** Expects that a benchmark in a process of its own, stopped by a signal, keeps what it measured. */
export async function expectKeptOn(signal: "SIGINT" | "SIGTERM"): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "papilio-stopped-"));
  const output = join(folder, "results.jsonl");
  const batches = Array.from({ length: 40 }, (_, index) => index + 8).join(",");
  const args = ["bench", "--pattern", "2,8,4,4", "--batch", batches, "--json", output];
  const child = spawn(
    process.execPath,
    [...commandLine, ...args, "--implementation", "kronecker-sparse", ...adapterFlags],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  child.stderr.on("data", (chunk: Buffer) => {
    if (chunk.includes("2 of 80 cases")) child.kill(signal);
  });
  try {
    const [status] = await once(child, "close");
    expect(status).toBe(1);
    const results = parseResults(readFileSync(output, "utf8"));
    expect(results.complete).toBe(false);
    expect(results.cases.length).toBeGreaterThanOrEqual(2);
    expect(results.cases.length).toBeLessThan(80);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
