#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { supervise } from "./process/supervise.ts";

// Node runs the sources as they are; what is published is compiled.
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
supervise(fileURLToPath(new URL(`command-line.${extension}`, import.meta.url)));
