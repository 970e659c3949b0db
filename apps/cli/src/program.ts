import { Command } from "commander";
import { benchCommand } from "./commands/bench.ts";
import { classifyCommand } from "./commands/classify.ts";
import { compareCommand } from "./commands/compare.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { factorizeCommand } from "./commands/factorize.ts";
import { generateCommand } from "./commands/generate.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { multiplyCommand } from "./commands/multiply.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { selectCommand } from "./commands/select.ts";
import { version } from "./environment.ts";

/** The command line, with its errors thrown instead of ending the process. */
export function createProgram(): Command {
  const program = new Command("papilio")
    .description("Butterfly (Kronecker-sparse) matrix multiplication on your own adapter.")
    .version(version)
    .addHelpText(
      "after",
      `
Examples:
  papilio doctor                      which adapters there are, and what to install
  papilio bench                       compare the implementations, in less than a minute
  papilio bench --pattern 4,64,64,4   on a pattern of your own
  papilio report results.jsonl        what a run found, as a page with figures
  papilio generate stories15M.bin     text that a language model continues
  papilio factorize weights.npy       the butterfly nearest to a matrix, and how near it is`,
    );
  const commands = [
    benchCommand(),
    classifyCommand(),
    compareCommand(),
    doctorCommand(),
    factorizeCommand(),
    generateCommand(),
    inspectCommand(),
    multiplyCommand(),
    reportCommand(),
    runCommand(),
    selectCommand(),
  ];
  for (const command of [program, ...commands]) {
    // Errors are written by report-error.ts, in one line for every kind.
    command.exitOverride().configureOutput({ outputError: () => undefined });
  }
  for (const command of commands) program.addCommand(command);
  return program;
}
