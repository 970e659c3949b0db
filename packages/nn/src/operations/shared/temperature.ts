import { wrongArgument } from "@papilio/butterfly/errors";
import { number } from "../../arguments/checks.ts";

/** @throws PapilioError `OPTION_INVALID` unless it is above 0, and float32 has its square */
export function requireTemperature(temperature: number): void {
  number("The temperature", temperature);
  const square = Math.fround(temperature * temperature);
  if (temperature > 0 && square > 0 && Number.isFinite(square)) return;
  throw wrongArgument("The temperature", String(temperature), "a finite number above 0");
}
