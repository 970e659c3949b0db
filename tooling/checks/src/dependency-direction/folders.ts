import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dirname } from "node:path/posix";
import type { FolderOrder } from "./folder-order.ts";
import { relativeImports } from "./relative-imports.ts";

/** An import from one folder of a package into another, with the place in the source. */
interface Crossing {
  /** `packages/nn/src/backends/gpu/lowering.ts:3` */
  readonly where: string;
  /** The folders, `.` for src itself. */
  readonly from: string;
  readonly to: string;
  /** The imported file, below src. */
  readonly target: string;
}

const declaredIn = "tooling/checks/src/dependency-direction/folder-order.ts";

/**
 * Imports between the folders of a package's `src` that go upwards or in a circle, folders that have no
 * place, and entries of the order that are out of date, one line each with what to do.
 *
 * Tests and `testing/` may import any folder, and only they import them. Folders within a folder need no
 * order among themselves, but must not form a circle.
 *
 * @param root - the repository.
 * @param packages - the folders of packages and applications below it.
 * @param orders - the declared orders, by the package's folder.
 */
export function checkFolders(
  root: string,
  packages: readonly string[],
  orders: Readonly<Record<string, FolderOrder>>,
): string[] {
  const problems = packages.flatMap((folder) => checkPackage(root, folder, orders[folder]));
  for (const folder of Object.keys(orders)) {
    if (!packages.includes(folder))
      problems.push(`${folder} is gone: remove it from ${declaredIn}`);
  }
  return problems;
}

function checkPackage(root: string, folder: string, declared: FolderOrder | undefined): string[] {
  const files = globSync("**/*.{ts,mts,js,mjs,vue}", { cwd: join(root, folder, "src") })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !isForTests(path))
    .toSorted();
  const folders = new Set(files.filter((file) => file.includes("/")).map(topFolder));
  if (declared === undefined) {
    return folders.size === 0
      ? []
      : [`${folder}: the folders of src have no order; add them to ${declaredIn}`];
  }
  const { order, known = [] } = declared;
  const problems = [...folders]
    .filter((name) => !order.includes(name))
    .map(
      (name) =>
        `${folder}/src/${name} has no place in the order of folders; add it to ${declaredIn}, after those that it imports`,
    );
  for (const name of order) {
    if (!files.some((file) => file.startsWith(`${name}/`))) {
      problems.push(`${folder}/src/${name} is gone: remove it from the order in ${declaredIn}`);
    }
  }
  const crossings: Crossing[] = [];
  const nested: Crossing[] = [];
  for (const file of files) {
    const source = readFileSync(join(root, folder, "src", file), "utf8");
    for (const { line, target } of relativeImports(file, source)) {
      const where = `${folder}/src/${file}:${line}`;
      if (target.startsWith("../")) continue; // A rule of biome.json forbids it.
      if (isForTests(target)) {
        problems.push(`${where}: only tests may import ${target}: move what both need out of it`);
        continue;
      }
      const from = placeOf(file, order);
      const to = placeOf(target, order);
      if (from !== to) crossings.push({ where, from, to, target });
      else nested.push(...betweenSiblings(where, file, target));
    }
  }
  const height = (place: string): number => (place === "." ? order.length : order.indexOf(place));
  const wrong = [
    ...crossings.filter(({ from, to }) => order.includes(from) && height(to) > height(from)),
    ...nested.filter(({ from, to }) => wayBack(nested, from, to) !== undefined),
  ];
  const needed = new Set(wrong.map(({ from, to }) => `${from} -> ${to}`));
  for (const { where, from, to, target } of wrong) {
    if (known.includes(`${from} -> ${to}`)) continue;
    const back = wayBack([...crossings, ...nested], from, to);
    problems.push(
      back === undefined
        ? `${where}: ${from}/ imports ${target}, and ${describePlace(to)} above it: move what both need into ${from}/ or lower, or mend the order in ${declaredIn}`
        : `${where}: ${from}/ imports ${target} in a circle, for ${back.where} leads back: move what both need into a folder below both`,
    );
  }
  for (const arrow of known) {
    if (!needed.has(arrow)) {
      problems.push(`${folder}: no import needs ${arrow} any more: remove it from ${declaredIn}`);
    }
  }
  return problems;
}

function describePlace(place: string): string {
  return place === "." ? "the files of src itself stand" : `${place}/ stands`;
}

function isForTests(path: string): boolean {
  return /\.test\.[a-z]+$/.test(path) || path.split("/").slice(0, -1).includes("testing");
}

function topFolder(path: string): string {
  return path.slice(0, path.indexOf("/"));
}

/** The longest declared folder that holds the file; a top folder that is not declared; `.` for src itself. */
function placeOf(path: string, order: readonly string[]): string {
  const places = order.filter((place) => path.startsWith(`${place}/`));
  if (places.length > 0) return places.toSorted((a, b) => b.length - a.length)[0]!;
  return path.includes("/") ? topFolder(path) : ".";
}

/** The crossing between the two folders where the paths part, unless one of them is not a folder. */
function betweenSiblings(where: string, file: string, target: string): Crossing[] {
  const from = dirname(file).split("/");
  const to = dirname(target).split("/");
  const depth = from.findIndex((name, index) => name !== to[index]);
  if (depth < 0 || depth >= to.length) return [];
  const upTo = (path: readonly string[]): string => path.slice(0, depth + 1).join("/");
  return [{ where, from: upTo(from), to: upTo(to), target }];
}

/** The first import on a way from folder `to` to folder `from`. */
function wayBack(crossings: readonly Crossing[], from: string, to: string): Crossing | undefined {
  for (const first of crossings.filter((crossing) => crossing.from === to)) {
    const reached = new Set([to, first.to]);
    for (const place of reached) {
      if (place === to) continue;
      for (const crossing of crossings) if (crossing.from === place) reached.add(crossing.to);
    }
    if (reached.has(from)) return first;
  }
  return undefined;
}
