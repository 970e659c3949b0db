import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { listWorkspace } from "./workspace.ts";

const repository = resolve(import.meta.dirname, "../../..");

it.each(["tsconfig.json", "tsconfig.tests.json"])(
  "%s refers to every package that is built",
  (file) => {
    const { references } = JSON.parse(readFileSync(join(repository, file), "utf8")) as {
      references: { path: string }[];
    };
    const built = listWorkspace(repository)
      .filter(({ manifest }) => manifest.private !== true)
      .map(({ folder }) => folder)
      .filter((folder) => existsSync(join(repository, folder, "tsconfig.json")));
    expect(built).not.toEqual([]);
    expect(references.map(({ path }) => path)).toEqual(expect.arrayContaining(built));
  },
);
