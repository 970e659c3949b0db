import { execFileSync } from "node:child_process";
import { join } from "node:path";

interface Report {
  readonly name: string;
  readonly kind: string;
  readonly driver: string;
  readonly features: { readonly f16: boolean; readonly matrixUnits?: { readonly taken: boolean } };
  readonly passedOver: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Says, before the first GPU test, which adapter the tests run on and which better ones were passed
 * over. Vitest calls it once for a run with GPU tests.
 *
 * A process of its own asks the adapter: opening a device here would put drivers and environment
 * variables into the process that the test processes inherit from.
 */
export function setup(): void {
  const output = execFileSync(
    process.execPath,
    ["--conditions=@papilio/source", join(import.meta.dirname, "describe-adapter.ts")],
    // Dawn chatters on stderr; when the program fails, the error that is thrown carries it.
    { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
  );
  const { name, kind, driver, features, passedOver } = JSON.parse(output) as Report;
  const f16 = features.f16 ? "f16" : "no f16, so f16 tests are skipped";
  const units = features.matrixUnits?.taken
    ? "matrix units"
    : "no matrix units, so their tests are skipped";
  console.log(
    `GPU tests run on: ${name} (${kind}; ${driver || "driver unnamed"}; ${f16}; ${units})`,
  );
  for (const other of passedOver) console.log(`  passed over ${other.name}: ${other.reason}`);
}
