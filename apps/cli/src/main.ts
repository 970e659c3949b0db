#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { asksForHelp } from "./process/asks-for-help.ts";
import { supervise } from "./process/supervise.ts";

// Node runs the sources as they are; what is published is compiled.
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const program = new URL(`command-line.${extension}`, import.meta.url);
// Help takes a moment: there is nothing to supervise.
if (asksForHelp(process.argv.slice(2))) await import(program.href);
else supervise(fileURLToPath(program));
