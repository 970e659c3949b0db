import { it } from "vitest";
import { expectKeptOn } from "./testing/stopped-bench.ts";

it("bench keeps what was measured on SIGTERM", () => expectKeptOn("SIGTERM"));
