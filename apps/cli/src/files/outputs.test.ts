import { execFileSync, spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Butterfly, Chain, KroneckerSparse } from "@papilio/butterfly";
import {
  npyValues,
  readNpy,
  saveButterflies,
  writeNpy,
  writeSafetensors,
} from "@papilio/butterfly/files";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Interruption } from "../process/interruption.ts";
import { commandLine, papilio, papilioInto, papilioProcess } from "../testing/command-line.ts";
import { resultsText } from "../testing/results-records.ts";
import { Outputs } from "./outputs.ts";

const CHAIN = "1,2,2,2;2,2,2,1";
const ones = new Butterfly(
  Chain.parse(CHAIN).patterns.map(
    (pattern) => new KroneckerSparse(pattern, new Float32Array(8).fill(1)),
  ),
);
const values = Float32Array.from({ length: 16 }, (_, index) => index);
const tensors = ["a.weight", "b.weight"].map((name) => ({
  name,
  dtype: "F32" as const,
  shape: [4, 4],
  values,
}));

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "papilio-outputs-"));
  mkdirSync(at("model"));
  writeFileSync(at("model", "config.json"), '{"model_type":"vit"}');
  writeFileSync(at("model", "model.safetensors"), writeSafetensors(tensors));
  writeFileSync(at("b.safetensors"), saveButterflies({ b: ones }));
  writeFileSync(at("x.npy"), writeNpy(values, [4, 4]));
  writeFileSync(at("results.jsonl"), resultsText(1));
  writeFileSync(at("mine.ts"), "export {};");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Everything below the folder, with its contents. */
function everything(): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    names
      .filter((name) => statSync(at(name), { throwIfNoEntry: false })?.isFile())
      .map((name) => [name, readFileSync(at(name), "latin1")]),
  );
}

/** Each command that writes files: its arguments for an input and an output. */
const commands: Record<string, { input: string; args: (input: string, out: string) => string[] }> =
  {
    factorize: {
      input: "model/model.safetensors",
      args: (input, out) => ["factorize", input, "--tensor", "a.weight", "--out", out],
    },
    "factorize --inputs": {
      input: "x.npy",
      args: (input, out) => [
        ...["factorize", at("model/model.safetensors"), "--tensor", "a.weight"],
        ...["--refine", "--inputs", input, "--out", out],
      ],
    },
    "inspect --svg": {
      input: "b.safetensors",
      args: (input, out) => ["inspect", input, "--svg", out],
    },
    multiply: {
      input: "b.safetensors",
      args: (input, out) => [
        "multiply",
        input,
        "--input",
        at("x.npy"),
        "--out",
        out,
        "--reference",
      ],
    },
    "multiply --input": {
      input: "x.npy",
      args: (input, out) => [
        ...["multiply", at("b.safetensors"), "--input", input],
        ...["--out", out, "--reference"],
      ],
    },
    "report --out": {
      input: "results.jsonl",
      args: (input, out) => ["report", input, "--out", out],
    },
    "report --markdown": {
      input: "results.jsonl",
      args: (input, out) => ["report", input, "--out", at("r.html"), "--markdown", out],
    },
    run: {
      input: "x.npy",
      args: (input, out) => [
        ...["run", at("model"), "--input", `images=${input}`, "--output", `logits=${out}`],
      ],
    },
    "run, a folder's weights": {
      input: "model/model.safetensors",
      args: (_, out) => [
        ...["run", at("model"), "--input", `images=${at("x.npy")}`, "--output", `logits=${out}`],
      ],
    },
    "run, config.json beside a file": {
      input: "model/config.json",
      args: (_, out) => [
        ...["run", at("model/model.safetensors"), "--input", `images=${at("x.npy")}`],
        ...["--output", `logits=${out}`],
      ],
    },
    "bench --json": {
      input: "mine.ts",
      args: (input, out) => ["bench", "--implementation", input, "--json", out],
    },
  };

describe("an output that is an input", () => {
  it.each(Object.keys(commands))(
    "is refused by %s, under any name, even with --force",
    async (name) => {
      const { input, args } = commands[name] as (typeof commands)[string];
      linkSync(at(input), at("hard"));
      symlinkSync(input, at("soft"));
      const before = everything();
      const force = name.startsWith("bench") ? [] : ["--force"];
      for (const out of [at(input), relative(process.cwd(), at(input)), at("hard"), at("soft")]) {
        const { status, stderr } = await papilio(...args(at(input), out), ...force);
        expect(stderr).toMatch(/^papilio: error OUTPUT_IS_INPUT: .+ Hint: .+\n$/);
        expect(status).toBe(2);
      }
      expect(everything()).toEqual(before);
    },
  );

  it("is refused where a figure of a report is one", async () => {
    mkdirSync(at("figures"));
    linkSync(at("results.jsonl"), at("figures", "speedup.svg"));
    const before = everything();
    const { status, stderr } = await papilio(
      ...["report", at("results.jsonl"), "--out", at("r.html"), "--svg", at("figures"), "--force"],
    );
    expect(stderr).toMatch(/error OUTPUT_IS_INPUT: /);
    expect(status).toBe(2);
    expect(everything()).toEqual(before);
  });

  it.runIf(process.platform !== "win32")("is refused where it is what stdin reads", () => {
    const input = openSync(at("x.npy"), "r");
    const before = everything();
    const args = ["multiply", at("b.safetensors"), "--input", "-", "--out", at("x.npy"), "--force"];
    const { status, stderr } = spawnSync(process.execPath, [...commandLine, ...args], {
      encoding: "utf8",
      stdio: [input, "pipe", "pipe"],
    });
    closeSync(input);
    expect(stderr).toMatch(/^papilio: error OUTPUT_IS_INPUT: .+ Hint: .+\n$/);
    expect(status).toBe(2);
    expect(everything()).toEqual(before);
  });
});

describe("two outputs that are one file", () => {
  it.each([
    ["report", () => ["report", at("results.jsonl"), "--out", at("r"), "--markdown", at("./r")]],
    [
      "report, through a link",
      () => ["report", at("results.jsonl"), "--out", at("r"), "--markdown", at("dangling")],
    ],
    [
      "report, with a figure",
      () => [
        ...["report", at("results.jsonl"), "--out", at("figures", "speedup.svg")],
        ...["--svg", at("figures")],
      ],
    ],
    [
      "run",
      () => [
        ...["run", at("model"), "--input", `images=${at("x.npy")}`],
        ...["--output", `logits=${at("y.npy")}`, "--output", `z=${at(".", "y.npy")}`],
      ],
    ],
  ])("are refused by %s", async (_, args) => {
    mkdirSync(at("figures"));
    symlinkSync("r", at("dangling"));
    const before = everything();
    const { status, stderr } = await papilio(...args());
    expect(stderr).toMatch(/error OUTPUT_TWICE: .+ are the same file. Hint: /);
    expect(status).toBe(2);
    expect(everything()).toEqual(before);
  });
});

describe("a file that exists", () => {
  it.each(Object.keys(commands).filter((name) => !name.startsWith("bench")))(
    "is not replaced by %s without --force when the command did not write it",
    async (name) => {
      const { input, args } = commands[name] as (typeof commands)[string];
      for (const contents of ["precious", writeNpy(values, [4, 4]), writeSafetensors(tensors)]) {
        writeFileSync(at("precious"), contents);
        const before = everything();
        const { status, stderr } = await papilio(...args(at(input), at("precious")));
        expect(stderr).toMatch(/^papilio: error OUTPUT_EXISTS: .+ Hint: .*--force.*\n$/);
        expect(status).toBe(2);
        expect(everything()).toEqual(before);
      }
    },
  );

  it.each([
    ["inspect", () => ["inspect", at("b.safetensors"), "--svg", at("out")]],
    [
      "multiply",
      () => [
        ...["multiply", at("b.safetensors"), "--input", at("x.npy")],
        ...["--out", at("out"), "--reference"],
      ],
    ],
    ["report", () => ["report", at("results.jsonl"), "--out", at("out")]],
  ])("is replaced by %s with --force, and without when the command wrote it", async (_, args) => {
    writeFileSync(at("out"), "precious");
    expect(await papilio(...args(), "--force")).toMatchObject({ status: 0 });
    const first = readFileSync(at("out"));
    expect(first.toString()).not.toContain("precious");
    expect(await papilio(...args())).toMatchObject({ status: 0 });
    expect(readFileSync(at("out"))).toEqual(first);
  });

  it("is replaced by report in all its parts", async () => {
    const args = [
      ...["report", at("results.jsonl"), "--out", at("r.html")],
      ...["--svg", at("figures"), "--markdown", at("r.md")],
    ];
    expect(await papilio(...args)).toMatchObject({ status: 0 });
    const first = everything();
    expect(await papilio(...args)).toMatchObject({ status: 0 });
    expect(everything()).toEqual(first);
  });
});

describe("a file that is written", () => {
  const multiply = (out: string): string[] => [
    ...["multiply", at("b.safetensors"), "--input", at("x.npy"), "--out", out, "--reference"],
  ];

  it("is a npy file as any other", async () => {
    await papilio(...multiply(at("y.npy")));
    const read = readNpy(readFileSync(at("y.npy")));
    expect(read.shape).toEqual([4, 4]);
    // A product of two factors of ones is the matrix of ones.
    const rows = [0, 1, 2, 3].map((row) => 4 * (4 * row) + 6);
    expect([...(npyValues(read, "float64") as Float64Array)]).toEqual(
      rows.flatMap((sum) => [sum, sum, sum, sum]),
    );
  });

  it.runIf(process.platform === "linux")("fails with a code on a full disk", async () => {
    for (const args of [
      multiply("/dev/full"),
      ["report", at("results.jsonl"), "--out", "/dev/full"],
    ]) {
      const { status, stderr } = await papilio(...args);
      expect(stderr).toMatch(/papilio: error DISK_FULL: .+ Hint: /);
      expect(status).toBe(1);
    }
    expect(statSync("/dev/full").isCharacterDevice()).toBe(true);
  });

  it.runIf(process.platform === "linux")("may be stdout, which then holds nothing else", () => {
    const { status, stdout, stderr } = papilioProcess(
      ...["inspect", "--chain", CHAIN, "--svg", "/dev/stdout"],
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^<svg .+<\/svg>\n$/s);
    expect(stderr).toContain("2 factors for 4 x 4");
  });
});

describe("a file of work that goes on", () => {
  const open = (path: string): Promise<Outputs> =>
    Outputs.open([{ path, writer: "papilio bench-model" }], {
      inputs: [],
      force: false,
      interruption: new Interruption(),
    });

  it("is replaced by what there is, and is nobody else's", async () => {
    const outputs = await open(at("model.json"));
    expect(await outputs.save(at("model.json"), "one", false)).toBe(true);
    expect(await outputs.save(at("model.json"), "two", false)).toBe(true);
    expect(readFileSync(at("model.json"), "utf8")).toBe("two");
    rmSync(at("model.json"));
    writeFileSync(at("model.json"), "another's");
    await expect(outputs.save(at("model.json"), "three", true)).rejects.toThrow(
      expect.objectContaining({ code: "OUTPUT_CHANGED" }),
    );
    expect(readFileSync(at("model.json"), "utf8")).toBe("another's");
  });

  it.skipIf(process.platform === "win32")("is written once where it is a pipe", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    const reader = openSync(at("pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
    const outputs = await open(at("pipe"));
    expect(await outputs.save(at("pipe"), "one", false)).toBe(false);
    expect(await outputs.save(at("pipe"), "two", true)).toBe(true);
    expect(readFileSync(reader, "utf8")).toBe("two");
    closeSync(reader);
  });
});

describe.runIf(process.platform === "linux")("stdout that cannot be written", () => {
  it("ends the process with 1 and a code", () => {
    const { status, stderr } = papilioInto("/dev/full", "inspect", "--chain", CHAIN);
    expect(stderr).toMatch(/^papilio: error DISK_FULL: Standard output .+ Hint: .+\n$/);
    expect(status).toBe(1);
  });
});
