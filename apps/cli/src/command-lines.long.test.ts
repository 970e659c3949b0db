import { writeNpy } from "@papilio/butterfly/files";
import { uniform } from "@papilio/butterfly/numeric";
import { beforeAll, describe, expect, it } from "vitest";
import { papilio } from "./testing/command-line.ts";
import { resultsText } from "./testing/results-records.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

const LINES = 500;
const COMMANDS = [
  "inspect",
  "factorize",
  "multiply",
  "report",
  "compare",
  "generate",
  "classify",
  "run",
  "bench",
  "bench-model",
  "bench-traffic",
  "select",
  "doctor",
];
/** Those without files of their own, which mostly open an adapter. */
const ON_ADAPTER: readonly unknown[] = ["bench", "bench-model", "select", "doctor"];
const FLAGS = [
  ..."--chain --tensor --dtype --rank --tree --max-params --max-error --refine --inputs".split(" "),
  ..."--input --name --batch --threads --permute --backend --adapter --top-k --seed".split(" "),
  ..."--temperature --max-tokens --prompt --tokenizer --threshold --relative-to --json --nosuch".split(
    " ",
  ),
  ..."--pattern --layout --layers --suite --results --implementation --measure --offline".split(
    " ",
  ),
  ..."--filter --shard --rounds --time-budget --max-run --tokens --linear --images --verify".split(
    " ",
  ),
];
const WORDS = [
  ..."monarch dyadic auto F16 F99 0 1 -1 1e309 NaN 0.5 9007199254740993 cpu swiftshade".split(" "),
  ..."quick paper vit-s16 bmm,csr ./none.ts batch-first 3/2 1/2 2h 5s 100ms f32,f16 vit-s-16".split(
    " ",
  ),
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

const folder = temporaryFolder();
let files: string[];

beforeAll(() => {
  files = [
    folder.path,
    folder.at("missing"),
    folder.write("matrix.npy", writeNpy(Float32Array.from({ length: 16 }, Math.sin), [4, 4])),
    folder.write("wide.npy", writeNpy(Float64Array.of(1e300, 1e-300, 0, 1), [2, 2])),
    folder.write("empty", ""),
    folder.write("text.json", "null"),
    folder.write("results.jsonl", resultsText(2)),
    folder.write("layers.json", '{"layers":[{"name":"up","chain":"1,2,2,2","batch":4}]}'),
    folder.write("zeros.safetensors", new Uint8Array(64)),
  ];
});

describe(`${LINES} command lines at random`, () => {
  it("end with a status that is documented, and errors with a code", async () => {
    const next = uniform(16);
    const pick = <T>(from: readonly T[]): T =>
      from[Math.floor(((next() + 1) / 2) * from.length)] as T;
    for (let index = 0; index < LINES; index++) {
      const command = pick(COMMANDS);
      const args = [command];
      if (!ON_ADAPTER.includes(command) || next() < -0.7) args.push(pick(files));
      for (let count = Math.floor(2 * (next() + 1)); count > 0; count--) {
        args.push(pick(FLAGS), pick(next() < 0 ? files : WORDS));
      }
      // Nothing is written but here, and no device is opened.
      if (["multiply", "report"].includes(command)) args.push("--out", folder.at("out"));
      if (["generate", "classify", "run"].includes(command)) args.push("--backend", "cpu");
      if (ON_ADAPTER.includes(command)) args.push("--adapter", "none such");
      const { status, stderr } = await papilio(...args);
      const line = stderr.trimEnd().split("\n").at(-1) ?? "";
      expect([0, 1, 2], JSON.stringify(args)).toContain(status);
      expect(stderr, JSON.stringify(args)).not.toContain("UNEXPECTED");
      if (status === 2)
        expect(line, JSON.stringify(args)).toMatch(/^papilio: error [A-Z0-9_]+: .+ Hint: ./);
    }
  });
});
