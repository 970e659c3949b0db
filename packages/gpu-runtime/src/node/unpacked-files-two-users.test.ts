import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const contents: Record<string, string> = { library: "code", "inside/manifest": "{}" };
const files = Object.fromEntries(
  Object.entries(contents).map(([path, text]) => [
    path,
    createHash("sha256").update(text).digest("hex"),
  ]),
);

/** Two users: the accounts that .ci/run adds, or numbers without an account. */
const VICTIM = userId("papilio-victim") ?? 54_321;
const ATTACKER = userId("papilio-attacker") ?? 54_322;

function userId(name: string): number | undefined {
  const { status, stdout } = spawnSync("id", ["-u", name], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}

describe.runIf(process.getuid?.() === 0)("unpacked files, with another user on the machine", () => {
  let base: string;
  let shared: string;
  beforeAll(() => {
    // Where both can read what runs, wherever the repository is.
    base = mkdtempSync(join(tmpdir(), "papilio-two-users-"));
    chmodSync(base, 0o755);
    for (const name of ["unpacked-files.ts", "user-cache.ts", "files/unfinished.ts"]) {
      cpSync(join(import.meta.dirname, name), join(base, "sources", name));
    }
    writeFileSync(join(base, "sources/package.json"), `{ "type": "module" }`);
    cpSync(process.execPath, join(base, "node"));
    chmodSync(join(base, "node"), 0o755);
  });
  afterAll(() => rmSync(base, { recursive: true }));
  beforeEach(() => {
    shared = join(base, "shared");
    rmSync(shared, { recursive: true, force: true });
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
  });

  function runAs(uid: number, program: string, env: Record<string, string> = {}): string {
    return execFileSync(join(base, "node"), ["--input-type=module", "--eval", program], {
      uid,
      gid: uid,
      cwd: base,
      encoding: "utf8",
      env: { HOME: shared, TMPDIR: shared, XDG_CACHE_HOME: shared, ...env },
    });
  }

  /** What the victim gets: its folder is whole while it runs, and gone after if it is for the run alone. */
  function unpackAsVictim(env: Record<string, string> = {}): {
    folder: string;
    warnings: string[];
    library: string;
  } {
    const program = `
      import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
      import { dirname } from "node:path";
      import { unpackedFolder } from ${JSON.stringify(join(base, "sources/unpacked-files.ts"))};
      const contents = ${JSON.stringify(contents)};
      const warnings = [];
      const folder = await unpackedFolder({
        name: "driver-1",
        files: ${JSON.stringify(files)},
        unpack: async (folder) => {
          for (const [path, text] of Object.entries(contents)) {
            mkdirSync(dirname(folder + "/" + path), { recursive: true });
            writeFileSync(folder + "/" + path, text);
          }
        },
        onTemporary: (reason) => warnings.push(reason),
      });
      const library = readFileSync(folder + "/library", "utf8");
      console.log(JSON.stringify({ folder, warnings, library }));`;
    return JSON.parse(runAs(VICTIM, program, env)) as ReturnType<typeof unpackAsVictim>;
  }

  const plant = `
    import { mkdirSync, writeFileSync, symlinkSync } from "node:fs";
    mkdirSync("shared/papilio/driver-1/inside", { recursive: true, mode: 0o777 });
    writeFileSync("shared/papilio/driver-1/library", "evil", { mode: 0o777 });
    writeFileSync("shared/papilio/driver-1/inside/manifest", "{}", { mode: 0o777 });`;

  it.each<[string, string, RegExp]>([
    [
      "a whole folder",
      plant,
      new RegExp(
        `papilio belongs to user ${ATTACKER}, not to this one, ${VICTIM}\\. Remove it, or set XDG_CACHE_HOME`,
      ),
    ],
    [
      "a link",
      `import { symlinkSync } from "node:fs"; symlinkSync("/tmp", "shared/papilio");`,
      /papilio is a symbolic link\. Remove it, or set XDG_CACHE_HOME/,
    ],
    [
      "a file",
      `import { writeFileSync } from "node:fs"; writeFileSync("shared/papilio", "");`,
      /papilio is not a folder\. Remove it, or set XDG_CACHE_HOME/,
    ],
  ])("refuse %s that the other user planted, and do without", (_, program, reason) => {
    runAs(ATTACKER, program);
    const { folder, warnings: reported, library } = unpackAsVictim();
    expect(reported).toEqual([expect.stringMatching(reason)]);
    expect(library).toBe("code");
    expect(folder).toMatch(/shared\/papilio-driver-1-\w+$/);
    expect(existsSync(folder)).toBe(false);
  });

  it("cannot be changed by the other user once they are there", () => {
    const { folder, warnings: reported } = unpackAsVictim();
    expect([folder, reported]).toEqual([join(shared, "papilio/driver-1"), []]);
    for (const attack of [
      `writeFileSync("shared/papilio/driver-1/library", "evil");`,
      `renameSync("shared/papilio", "shared/other");`,
      `rmSync("shared/papilio", { recursive: true });`,
      `readdirSync("shared/papilio");`,
    ]) {
      const program = `import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
        let code;
        try { ${attack} } catch (error) { code = error.code; }
        console.log(code);`;
      expect(runAs(ATTACKER, program).trim()).toMatch(/^E(ACCES|PERM)$/);
    }
    expect(unpackAsVictim()).toEqual({ folder, warnings: [], library: "code" });
  });

  it.each<[string, number, RegExp]>([
    [
      "can be written to by all",
      0o777,
      /shared can be written to by other users\. Set XDG_CACHE_HOME/,
    ],
    ["cannot be written to", 0o555, /papilio cannot be made \(EACCES\)\. Set XDG_CACHE_HOME/],
  ])("do without a cache folder that %s", (_, mode, reason) => {
    chmodSync(shared, mode);
    const own = mkdtempSync(join(base, "temporary-"));
    chmodSync(own, 0o1777);
    const { warnings: reported, library } = unpackAsVictim({ TMPDIR: own });
    expect([reported, library]).toEqual([[expect.stringMatching(reason)], "code"]);
  });

  it("do without a home", () => {
    const env = { HOME: "/nonexistent", XDG_CACHE_HOME: "" };
    const { warnings: reported, library } = unpackAsVictim(env);
    expect([reported, library]).toEqual([
      [expect.stringMatching(/nonexistent\/\.cache cannot be made \(E\w+\)\. Set XDG_CACHE_HOME/)],
      "code",
    ]);
  });
});
