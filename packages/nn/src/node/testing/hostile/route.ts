import { SINGLE } from "../../../weights/testing/small-model.ts";
import type { Answer } from "./hostile-server.ts";

/** A way to answer, and what must come of it: the weights, exactly, or an error with one of these codes. */
export interface Route {
  readonly name: string;
  readonly expected: "loaded" | readonly string[];
  readonly answer: Answer;
  /** What is asked for; a file of weights unless given. */
  readonly path?: string;
}

/** A whole number from 0 to before `end`. */
export type Below = (end: number) => number;

export const LENGTH = { "content-length": SINGLE.length };
export const FAILED = ["HTTP_FAILED"];
export const STATUS = ["HTTP_STATUS"];
export const TRUNCATED = ["FILE_TRUNCATED"];
export const TIMEOUT = ["HTTP_TIMEOUT"];
/** What is not told apart: whether a body was begun when it broke depends on the network. */
export const BROKEN = ["HTTP_FAILED", "FILE_TRUNCATED"];
