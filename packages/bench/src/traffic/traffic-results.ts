import type { CaseKey } from "../cases/case.ts";
import type { MovedBytes } from "./count-traffic.ts";

/** Name and version of the format of {@link TrafficResults}. */
export const TRAFFIC_SCHEMA = "papilio-traffic/1";

/** What `papilio bench-traffic --json` writes. */
export interface TrafficResults {
  readonly schema: typeof TRAFFIC_SCHEMA;
  /** The command that counts it again. */
  readonly command: string;
  /** How many workgroups of each dispatch were traced at least. */
  readonly workgroups: number;
  /** A case by an implementation each: the bytes, or why they could not be counted. */
  readonly rows: readonly (CaseKey & { readonly implementation: string } & (
      | MovedBytes
      | { readonly skipped: string }
    ))[];
}
