/* The process in which a command runs: `supervise.ts` starts it. */
import { Interruption } from "./process/interruption.ts";
import { watchStandardOutput } from "./process/standard-output.ts";
import type { Message } from "./process/supervise.ts";
import { runProgram } from "./program.ts";

const say = (message: Message): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });
const interruption = new Interruption(
  (kept) => say({ kept: kept ?? null }),
  // This process ends before it is ended.
  (patience) => say({ patience: patience + 150 }),
);
const interrupt = (): void => interruption.interrupt();
// From a terminal, signals come here too; what the supervisor was sent comes as a message.
process.on("SIGINT", interrupt).on("SIGTERM", interrupt).on("message", interrupt);
// The supervisor is gone: nobody waits for what would be written.
process.on("disconnect", () => process.exit(1));
process.channel?.unref();
watchStandardOutput();

// The status is set, not exited with: output that is still on its way to a pipe must arrive.
process.exitCode = await runProgram(process.argv.slice(2), interruption);
if (interruption.signal.aborted) {
  // Work that was not waited for may go on.
  await new Promise((resolve) => process.stdout.write("", resolve));
  // A driver may take long to end.
  await say({ status: Number(process.exitCode) });
  process.exit();
}
