/**
 * Fails when a package depends or imports upwards, in a cycle, or brings Node into a browser's bundle, and
 * when a folder of a package imports from one above it.
 */
import { resolve } from "node:path";
import { listWorkspace } from "../workspace.ts";
import { folderOrders } from "./folder-order.ts";
import { checkFolders } from "./folders.ts";
import { checkImports } from "./imports.ts";
import { checkManifests } from "./manifests.ts";

const root = resolve(import.meta.dirname, "../../../..");
const packages = listWorkspace(root);
const problems = [
  ...checkManifests(packages),
  ...checkFolders(
    root,
    // Tooling is not part of the order.
    packages.map(({ folder }) => folder).filter((folder) => !folder.startsWith("tooling/")),
    folderOrders,
  ),
  ...checkImports(root).map(
    ({ path, line, rule, message }) => `${path}:${line}: ${message} (${rule})`,
  ),
];
for (const problem of problems) console.error(problem);
console.log(
  `Dependency direction of ${packages.length} packages and their folders: ${problems.length === 0 ? "in order" : `${problems.length} problems`}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
