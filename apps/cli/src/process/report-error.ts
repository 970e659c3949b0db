import { type ErrorCode, PapilioError } from "@papilio/butterfly";
import { CommanderError } from "commander";
import type {} from "../errors/error-codes.ts";
import { note } from "./print.ts";

/** Errors that come while work is under way, not from what was asked for. */
const RUNTIME_CODES = new Set<ErrorCode>([
  "CHUNK_FAILED",
  "DISK_FULL",
  "GPU_ERROR",
  "GPU_LOST",
  "GPU_SELF_TEST_FAILED",
  "INTERRUPTED",
  "KERNEL_COMPILE",
  "LISTEN_FAILED",
  "LOGITS_INVALID",
  "MESSAGE_INVALID",
  "NATS_UNREACHABLE",
  "OUTPUT_CHANGED",
  "OUTPUT_FAILED",
  "TRAINING_DIVERGED",
]);

/**
 * Says on stderr, in one line, what went wrong, and gives the exit status: 2 for input that cannot
 * be worked with, 1 for work that failed.
 */
export function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0; // --help and --version
    // Its second line says what is near.
    const [message = "", near = ""] = error.message.replace(/^error: /, "").split("\n");
    const suggestion = near === "" ? "" : `${near.replace(/^\(|\)$/g, "")} `;
    complain("USAGE", message, `${suggestion}See papilio --help, or --help of the command.`);
    return 2;
  }
  if (error instanceof PapilioError) {
    complain(error.code, error.message, error.fix);
    if (process.env.PAPILIO_DEBUG) note(withoutLogins(`${error.stack}`));
    return RUNTIME_CODES.has(error.code) ? 1 : 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  complain("UNEXPECTED", message, "Please report this, with the output under PAPILIO_DEBUG=1.");
  if (process.env.PAPILIO_DEBUG && error instanceof Error) {
    note(withoutLogins(`${error.stack}`));
  }
  return 1;
}

/** Where a file is named by an address, what may be a password in it is not shown. */
function withoutLogins(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/{1,2})[^\s/?#]*@/gi, "$1");
}

function complain(code: string, message: string, hint: string): void {
  const line = withoutLogins(message.replaceAll(/\s*\n\s*/g, " "));
  const sentence = /[.!?]$/.test(line) ? line : `${line}.`;
  note(`papilio: error ${code}: ${sentence} Hint: ${hint}`);
}
