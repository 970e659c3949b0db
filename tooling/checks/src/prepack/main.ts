import { readFileSync } from "node:fs";
import { buildProblems } from "./build-problems.ts";

// Package managers run it before they pack, in the folder of the package.
const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const problems = buildProblems(process.cwd(), manifest);
if (problems.length > 0) {
  const [first] = problems;
  const rest = problems.length > 1 ? `, and ${problems.length - 1} more like it` : "";
  console.error(
    `${manifest.name} is not packed: it is not built as it stands (${first}${rest}). ` +
      "Run in the repository: pnpm build",
  );
  process.exitCode = 1;
}
