import { it } from "vitest";
import { expectTranscript } from "./testing/expect-transcript.ts";

// That of the benchmark, which takes many seconds, is a long test.
it.each(["doctor", "select"])("the transcript of %s is what the command writes", expectTranscript);
