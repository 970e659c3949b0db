import { Command } from "commander";
import { benchCommand } from "./commands/bench.ts";
import { benchModelCommand } from "./commands/bench-model.ts";
import { benchTrafficCommand } from "./commands/bench-traffic.ts";
import { classifyCommand } from "./commands/classify.ts";
import { compareCommand } from "./commands/compare.ts";
import { convertCommand } from "./commands/convert.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { factorizeCommand } from "./commands/factorize.ts";
import { generateCommand } from "./commands/generate.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { multiplyCommand } from "./commands/multiply.ts";
import { quantizeCommand } from "./commands/quantize.ts";
import { reportCommand } from "./commands/report.ts";
import { rotateCommand } from "./commands/rotate.ts";
import { runCommand } from "./commands/run.ts";
import { selectCommand } from "./commands/select.ts";
import { serveCommand } from "./commands/serve.ts";
import { trainCommand } from "./commands/train.ts";
import { workerCommand } from "./commands/worker.ts";
import { exitStatuses } from "./flags/exit-statuses.ts";
import { version } from "./machine/environment.ts";
import { Interruption } from "./process/interruption.ts";
import { show } from "./process/kept.ts";
import { exitStatus } from "./process/report-error.ts";

/**
 * Runs a command to its end, or until it is interrupted or fails: what it kept of its work is shown then.
 *
 * @param args as after `papilio`
 * @returns the exit status, when what went wrong was written to stderr
 */
export async function runProgram(
  args: readonly string[],
  interruption: Interruption = new Interruption(),
): Promise<number> {
  try {
    const work = createProgram(interruption).parseAsync(args, { from: "user" });
    await Promise.race([work, interruption.over]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const shown = await interruption.giveUp();
    if (shown !== undefined) show(shown);
    return shown !== undefined && error === interruption.signal.reason ? 1 : exitStatus(error);
  }
}

/** The command line, with its errors thrown instead of ending the process. */
function createProgram(interruption: Interruption): Command {
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
  papilio serve stories15M.bin        a model over HTTP, by the protocols of others
  papilio train input.txt --model gpt2 --out mine   a model of butterflies, trained on a text
  papilio factorize weights.npy       the butterfly nearest to a matrix, and how near it is

${exitStatuses()} --help of a command says more.`,
    );
  const commands = [
    benchCommand(interruption),
    benchModelCommand(interruption),
    benchTrafficCommand(interruption),
    classifyCommand(interruption),
    compareCommand(),
    convertCommand(interruption),
    doctorCommand(),
    factorizeCommand(interruption),
    generateCommand(interruption),
    inspectCommand(interruption),
    multiplyCommand(interruption),
    quantizeCommand(interruption),
    reportCommand(interruption),
    rotateCommand(interruption),
    runCommand(interruption),
    selectCommand(interruption),
    serveCommand(interruption),
    trainCommand(interruption),
    workerCommand(interruption),
  ];
  for (const command of [program, ...commands]) {
    // Errors are written by report-error.ts, in one line for every kind.
    command.exitOverride().configureOutput({ outputError: () => undefined });
  }
  for (const command of commands) program.addCommand(command);
  // A signal may come before the first line of a command.
  program.hook("preAction", () => interruption.signal.throwIfAborted());
  return program;
}
