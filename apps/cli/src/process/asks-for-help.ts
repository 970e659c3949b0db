const HELP: readonly (string | undefined)[] = ["--help", "-h"];
const VERSION: readonly (string | undefined)[] = ["--version", "-V"];

/**
 * Whether a command line asks for help or for the version, and nothing else: `papilio`, `papilio --version`,
 * `papilio help bench`, `papilio bench --help`. What is longer may have `--help` as the value of an option.
 *
 * @param args as after `papilio`
 */
export function asksForHelp(args: readonly string[]): boolean {
  const [first, second] = args;
  if (args.length > 2) return false;
  if (first === undefined || first === "help") return true;
  if (second === undefined) return HELP.includes(first) || VERSION.includes(first);
  return HELP.includes(second);
}
