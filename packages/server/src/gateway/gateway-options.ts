import * as v from "valibot";
import { requireShape } from "../arguments/checks.ts";
import { type FrontendSettings, frontendEntries } from "../frontend/frontend-options.ts";
import { LIMITS, type Limits } from "../protocol/limits.ts";
import type { Forwarder } from "./forwarder.ts";

export interface GatewayOptions extends FrontendSettings {
  readonly forwarder: Forwarder;
}

const callback = v.custom((value) => typeof value === "function", "it must be a function");
const optionsShape = v.object({
  forwarder: v.object({ models: callback, forward: callback }),
  ...frontendEntries,
});

/**
 * The limits of a gateway whose options are valid.
 *
 * @throws PapilioError `OPTION_INVALID`
 */
export function requireGatewayOptions(options: GatewayOptions): Limits {
  requireShape("The options of a gateway", options, optionsShape);
  return { ...LIMITS, ...options.limits };
}
