import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";

/** A step of a job: an action, or a command. */
interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

/** What each permission of a token allows. */
type Permissions = Readonly<Record<string, "read" | "write" | "none">>;

/** The fields of a workflow that the checks read. */
export interface Workflow {
  readonly name: string;
  readonly permissions: Permissions;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly uses?: string;
        readonly permissions?: Permissions;
        readonly steps?: readonly Step[];
      }
    >
  >;
}

/** A check by its name and its command. */
export type NamedCommand = readonly [name: string, command: string];

/**
 * The content of a YAML file.
 *
 * @throws YAMLParseError for what YAML 1.2 does not allow, such as a key that is there twice
 */
export function readYaml<T>(root: string, path: string): T {
  const document = parseDocument(readFileSync(join(root, path), "utf8"), { prettyErrors: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw problem;
  return document.toJS() as T;
}

/** Every named command of a workflow's jobs, in order, but for what only sets a machine up. */
export function commandsOfWorkflow(workflow: Workflow): NamedCommand[] {
  return Object.values(workflow.jobs)
    .flatMap(({ steps = [] }) => steps)
    .filter(({ run, name }) => run !== undefined && name !== "lavapipe")
    .map(({ name = "", run = "" }) => [name, run.replace('XDG_RUNTIME_DIR="$RUNNER_TEMP" ', "")]);
}

/** Every check and suite of `.ci/run`, in order, its shell variables replaced by what they hold. */
export function commandsOfRun(script: string, pnpm: string): NamedCommand[] {
  const values: Readonly<Record<string, string>> = {
    "pnpm[@]": pnpm,
    "newcomer[@]": '.ci/newcomer "$RUNNER_TEMP/newcomer"',
    "readme_bench[@]": `${pnpm} bench`,
    "readme_test[@]": `${pnpm} test`,
  };
  return [...script.matchAll(/^(?:check|suite) "([^"]+)" (.+)$/gm)].map(
    ([, name = "", command = ""]) => [
      name,
      command.replace(/"\$\{([^}]+)\}"/g, (whole, variable: string) => values[variable] ?? whole),
    ],
  );
}
