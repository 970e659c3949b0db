import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uniform, writeNpy } from "@papilio/butterfly";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { papilio } from "./testing/command-line.ts";

const LINES = 300;
const COMMANDS = [
  "inspect",
  "factorize",
  "multiply",
  "report",
  "compare",
  "generate",
  "classify",
  "run",
];
const FLAGS = [
  ..."--chain --tensor --dtype --rank --tree --max-params --max-error --refine --inputs".split(" "),
  ..."--input --name --batch --threads --permute --backend --adapter --top-k --seed".split(" "),
  ..."--temperature --max-tokens --prompt --tokenizer --threshold --relative-to --json --nosuch".split(
    " ",
  ),
];
const WORDS = [
  ..."monarch dyadic auto F16 F99 0 1 -1 1e309 NaN 0.5 9007199254740993 cpu swiftshade".split(" "),
  ...[
    "1,2,2,1",
    "1,2,2,2;2,2,2,1",
    ";",
    ",,,",
    "1,1e9,1,1",
    "",
    " ",
    "--",
    "-",
    "x=y",
    "=",
    "\u001b[2J",
    "\0",
  ],
];

let folder: string;
let files: string[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "papilio-lines-"));
  const write = (name: string, contents: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, contents);
    return path;
  };
  files = [
    folder,
    join(folder, "missing"),
    write("matrix.npy", writeNpy(Float32Array.from({ length: 16 }, Math.sin), [4, 4])),
    write("wide.npy", writeNpy(Float64Array.of(1e300, 1e-300, 0, 1), [2, 2])),
    write("empty", ""),
    write("text.json", "null"),
    write("zeros.safetensors", new Uint8Array(64)),
  ];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("300 command lines at random", () => {
  it("end with a status that is documented, and errors with a code", async () => {
    const next = uniform(16);
    const pick = <T>(from: readonly T[]): T =>
      from[Math.floor(((next() + 1) / 2) * from.length)] as T;
    for (let index = 0; index < LINES; index++) {
      const args = [pick(COMMANDS), pick(files)];
      for (let count = Math.floor(2 * (next() + 1)); count > 0; count--) {
        args.push(pick(FLAGS), pick(next() < 0 ? files : WORDS));
      }
      // Nothing is written but here, and no device is opened.
      if (["multiply", "report"].includes(args[0] as string))
        args.push("--out", join(folder, "out"));
      if (["generate", "classify", "run"].includes(args[0] as string))
        args.push("--backend", "cpu");
      const { status, stderr } = await papilio(...args);
      const line = stderr.trimEnd().split("\n").at(-1) ?? "";
      expect([0, 1, 2], JSON.stringify(args)).toContain(status);
      expect(stderr, JSON.stringify(args)).not.toContain("UNEXPECTED");
      if (status === 2)
        expect(line, JSON.stringify(args)).toMatch(/^papilio: error [A-Z0-9_]+: .+ Hint: ./);
    }
  });
});
