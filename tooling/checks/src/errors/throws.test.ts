import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { codesIn, declaredCodes } from "./declared-codes.ts";
import { throwsIn, throwsProblems } from "./throws.ts";

const root = resolve(import.meta.dirname, "../../../..");
const codes = new Set(["GPU_LOST", "GPU_ERROR"]);

it("reads a `@throws` over several lines, up to the next tag", () => {
  const source = `
/**
 * Opens.
 *
 * @throws PapilioError \`GPU_LOST\` when
 *   it is
 * @throws the signal's reason
 * @returns a device
 */
/** @throws Error when it fails */`;
  expect(throwsIn(source)).toEqual([
    { line: 5, text: "PapilioError `GPU_LOST` when it is" },
    { line: 7, text: "the signal's reason" },
    { line: 10, text: "Error when it fails" },
  ]);
});

it.each([
  ["PapilioError `GPU_LOST` when the device is gone; the signal's reason", undefined],
  ["PapilioError what {@link open} throws; `GPU_ERROR`", undefined],
  ["PapilioError what `open` throws", undefined],
  ["RangeError where `n` is negative", undefined],
  ["whatever `work` throws", undefined],
  ["GPU_LOST when the device is gone", "begin with a class of errors"],
  ["`GPU_LOST` when the device is gone", "begin with a class of errors"],
  ["when it fails", "begin with a class of errors"],
  ["PapilioError when the device is gone", "name the code first"],
  ["PapilioError `open` fails", "name the code first"],
  ["PapilioError `GPU_LOST`, GPU_ERROR", "write the code in backticks: GPU_ERROR"],
  ["PapilioError `GPU_LOST`; `GPU_EROR`", "no such code: GPU_EROR"],
])("%s", (text, problem) => {
  const problems = throwsProblems(`/** @throws ${text} */`, codes).map((one) => one.problem);
  expect(problems).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
});

it("every @throws of the packages and applications is in this style, and names codes that exist", () => {
  const own = globSync("apps/*/src/**/error-codes.ts", { cwd: root }).flatMap((path) =>
    codesIn(readFileSync(join(root, path), "utf8"), path),
  );
  const known = new Set([...declaredCodes(root), ...own].map(({ code }) => code));
  const files = globSync("{packages,apps}/*/{src,snippets,examples}/**/*.{ts,vue}", { cwd: root });
  const sources = files.map((path) => ({ path, source: readFileSync(join(root, path), "utf8") }));
  expect(sources.flatMap(({ source }) => throwsIn(source)).length).toBeGreaterThan(100);
  const problems = sources.flatMap(({ path, source }) =>
    throwsProblems(source, known).map(
      ({ line, text, problem }) => `${path}:${line}: ${problem} (${text})`,
    ),
  );
  expect(problems).toEqual([]);
});
