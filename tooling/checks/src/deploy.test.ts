import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const deploy = resolve(import.meta.dirname, "../../../deploy");
const units = globSync("*.service", { cwd: join(deploy, "systemd") });
const guide = readFileSync(resolve(deploy, "../apps/docs/guide/deploy.md"), "utf8");

const runs = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;
const hasSystemd = runs("systemd-analyze", "--version");
const hasCompose = runs("docker", "compose", "version");

/** What commands are called with, whatever comes before them. */
function flagsOf(command: string): readonly string[] {
  return command.match(/--[a-z-]+/g) ?? [];
}

/** Options of a command, as its source has them. */
function optionsOf(name: string): string {
  const commands = resolve(deploy, "../apps/cli/src");
  return ["flags/served-options.ts", `commands/${name}.ts`]
    .map((file) => readFileSync(join(commands, file), "utf8"))
    .join("\n");
}

it("the guide names every unit", () => {
  expect(units.length).toBeGreaterThan(0);
  for (const unit of units) expect(guide).toContain(unit);
});

describe.each(units)("%s", (unit) => {
  it.skipIf(!hasSystemd)("is valid for systemd", () => {
    const folder = mkdtempSync(join(tmpdir(), "papilio-units-"));
    try {
      // A template is verified as one of its instances.
      const file = join(folder, unit.replace("@", "@one"));
      copyFileSync(join(deploy, "systemd", unit), file);
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", file], {
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has flags that its command has", () => {
    const text = readFileSync(join(deploy, "systemd", unit), "utf8");
    const [, command = "", flags = ""] = /^ExecStart=\S+ papilio (\w+)(.*)$/m.exec(text) ?? [];
    expect(command).toMatch(/^(serve|worker)$/);
    for (const flag of flagsOf(flags)) expect(optionsOf(command)).toContain(`"${flag} `);
  });
});

describe("compose.yaml", () => {
  const file = join(deploy, "compose.yaml");
  const { services, volumes, networks } = parse(readFileSync(file, "utf8")) as {
    readonly services: Readonly<
      Record<
        string,
        {
          readonly image: string;
          readonly command: readonly string[];
          readonly depends_on?: readonly string[];
          readonly volumes?: readonly string[];
          readonly networks: readonly string[];
        }
      >
    >;
    readonly volumes: object;
    readonly networks: object;
  };

  it("names services, volumes and networks that there are, and images of one version", () => {
    for (const service of Object.values(services)) {
      expect(service.image).toMatch(/^[\w./-]+:[\w.-]+$/);
      for (const name of service.depends_on ?? []) expect(Object.keys(services)).toContain(name);
      for (const name of service.networks) expect(Object.keys(networks)).toContain(name);
      for (const mount of service.volumes ?? []) {
        const [source = ""] = mount.split(":");
        if (!source.startsWith("./")) expect(Object.keys(volumes)).toContain(source);
      }
    }
  });

  it("calls commands by flags that they have, of this version", () => {
    const { version } = JSON.parse(
      readFileSync(resolve(deploy, "../apps/cli/package.json"), "utf8"),
    ) as { readonly version: string };
    for (const name of ["gateway", "worker"]) {
      const command = services[name]?.command ?? [];
      expect(command).toContain(`papilio@${version}`);
      const [called = "", ...args] = command.slice(command.indexOf(`papilio@${version}`) + 1);
      for (const flag of args.flatMap(flagsOf)) expect(optionsOf(called)).toContain(`"${flag} `);
    }
  });

  it.skipIf(!hasCompose)("is valid for Compose", () => {
    const env = { ...process.env, NATS_TOKEN: "token", PAPILIO_API_KEY: "key" };
    const { status, stderr } = spawnSync("docker", ["compose", "-f", file, "config", "--quiet"], {
      encoding: "utf8",
      env,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });
});
