#!/usr/bin/env node
import { createProgram } from "./program.ts";
import { exitStatus } from "./report-error.ts";
import { watchStandardOutput } from "./standard-output.ts";

watchStandardOutput();

// The status is set, not exited with: output that is still on its way to a pipe must arrive.
process.exitCode = await createProgram()
  .parseAsync()
  .then(
    () => process.exitCode ?? 0,
    (error: unknown) => exitStatus(error),
  );
