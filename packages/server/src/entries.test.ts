import { join } from "node:path";
import { manifestEntries, repeatedNames } from "@papilio/public-arguments";
import { expect, it } from "vitest";
import * as root from "./index.ts";
import * as node from "./node/index.ts";

const entries = { ".": root, "./node": node };

it("the entries are those of package.json, as developed and as published", () => {
  const names = [...Object.keys(entries), "./package.json"].toSorted();
  const inManifest = manifestEntries(join(import.meta.dirname, ".."));
  expect(inManifest).toEqual({ developed: names, published: names });
});

it("each name is exported by one entry", () => {
  expect(repeatedNames(entries)).toEqual([]);
});
