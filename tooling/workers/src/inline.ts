/**
 * Writes the text of a worker, with all that it imports, into the module of `dist` that holds it. Packages'
 * builds run it in their folder: `inline.ts threads/cpu-worker` reads `dist/threads/cpu-worker.js` and
 * completes `dist/threads/inlined-cpu-worker.js`.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { rolldown } from "rolldown";

for (const path of process.argv.slice(2)) {
  const worker = resolve("dist", `${path}.js`);
  const bundle = await rolldown({ input: worker, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  const [chunk] = output;
  if (output.length !== 1 || chunk.imports.length + chunk.dynamicImports.length > 0) {
    throw new Error(`${path} is not one file without imports.`);
  }
  const file = join(dirname(worker), `inlined-${path.slice(path.lastIndexOf("/") + 1)}.js`);
  const placeholder = `export const source = "";`;
  const compiled = readFileSync(file, "utf8");
  if (!compiled.includes(placeholder)) throw new Error(`${file} has no ${placeholder}`);
  const text = JSON.stringify(chunk.code.trim());
  // A function: in a replacement text "$&" and the like would be replaced themselves.
  writeFileSync(
    file,
    compiled.replace(placeholder, () => `export const source = ${text};`),
  );
  // Lines are other ones now.
  rmSync(`${file}.map`, { force: true });
}
