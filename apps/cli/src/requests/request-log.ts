import type { RequestRecord } from "@papilio/server";
import { pino } from "pino";

/** Writes a line of JSON for each request on stderr; what is the server's fault with its reason. */
export function logTo(level: string): (record: RequestRecord) => void {
  // stdout is for data.
  const log = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  return ({ cause, ...record }) => {
    if (record.status < 500) log.info(record, "request");
    else log.error({ ...record, ...(cause === undefined ? {} : { err: cause }) }, "request");
  };
}
