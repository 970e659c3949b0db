/** Writes the text of each worker, with all that it imports, into the module of `dist` that holds it. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";

const dist = join(import.meta.dirname, "../dist");

for (const [folder, name] of [
  ["cpu", "cpu-worker"],
  ["factorization", "split-worker"],
] as const) {
  const bundle = await rolldown({ input: join(dist, folder, `${name}.js`), platform: "browser" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  const [chunk] = output;
  if (output.length !== 1 || chunk.imports.length + chunk.dynamicImports.length > 0) {
    throw new Error(`${name} is not one file without imports.`);
  }
  const file = join(dist, folder, `inlined-${name}.js`);
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
