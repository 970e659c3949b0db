import { expect, it } from "vitest";
import { COMMANDS } from "../src/transcripts/run-commands.ts";
import { expectTranscript } from "./testing/expect-transcript.ts";

it("the transcript of bench is what the command writes", () => expectTranscript("bench"));

it("there are no transcripts but those that are compared", () => {
  expect(Object.keys(COMMANDS).sort()).toEqual(["bench", "doctor", "select"]);
});
