import { inspect } from "node:util";
import { getHeapStatistics } from "node:v8";
import { PapilioError } from "@papilio/butterfly";
import { contentsOf } from "../../../weights/testing/checkpoints.ts";
import { STATE } from "../../../weights/testing/small-model.ts";
import { loadStateDict } from "../../load-state-dict.ts";
import type { HostileServer } from "./hostile-server.ts";
import type { Route } from "./route.ts";

/** Milliseconds without progress, where there is to be none; elsewhere a loaded machine may be slow. */
const TIMEOUT = 150;
const LONG = 20_000;
const MAX_BYTES = 2 ** 20;
const MOST_GROWTH = 64 * 2 ** 20 + MAX_BYTES;
/** Milliseconds between two looks at the memory. */
const LOOKS = 4;

/** As it is in an address; what of it no error may tell, as it is there, decoded, and as it is sent. */
const LOGIN = "user:s%C3%A9cr%40t";
const QUERY = "?token=hidden";
const SECRETS = [LOGIN, "s%C3%A9cr%40t", "sécr@t", "s3cret", "s3/cret", "hidden"];
const AUTHORIZATION = `Basic ${Buffer.from("user:sécr@t").toString("base64")}`;

/** What is wrong with how weights are loaded that a server answers for so; nothing where it is right. */
export async function tryRoute(server: HostileServer, route: Route): Promise<string[]> {
  const first = await attempt(server, route);
  // Garbage of others may be what grew.
  const { growth } = first.growth > MOST_GROWTH ? await attempt(server, route) : first;
  const grown = growth > MOST_GROWTH ? [`it took ${(growth / 2 ** 20).toFixed(0)} MiB`] : [];
  return [...first.problems, ...grown].map((problem) => `${route.name}: ${problem}`);
}

async function attempt(
  server: HostileServer,
  { answer, expected, path = "/model.safetensors" }: Route,
): Promise<{ problems: string[]; growth: number }> {
  server.answerWith(answer);
  const start = memoryInUse();
  let most = start;
  const watch = setInterval(() => {
    most = Math.max(most, memoryInUse());
  }, LOOKS);
  const timeout = expected.includes("HTTP_TIMEOUT") ? TIMEOUT : LONG;
  const url = `${server.origin.replace("//", `//${LOGIN}@`)}${path}${QUERY}`;
  const outcome = await loadStateDict(url, { timeout, maxBytes: MAX_BYTES }).then(
    (state) => ({ state }),
    (error: unknown) => ({ error }),
  );
  clearInterval(watch);
  const problems = "state" in outcome ? problemsOfState(outcome.state) : problemsOf(outcome.error);
  for (const { authorization } of server.askedElsewhere) {
    if (authorization !== undefined) problems.push(`the other origin was told ${authorization}`);
  }
  return { problems, growth: most - start };

  function problemsOfState(state: Awaited<ReturnType<typeof loadStateDict>>): string[] {
    if (expected !== "loaded") return [`it was loaded, not refused with ${expected}`];
    const same = JSON.stringify(contentsOf(state)) === JSON.stringify(contentsOf(STATE));
    return same ? [] : ["other weights were loaded"];
  }

  function problemsOf(error: unknown): string[] {
    if (!(error instanceof PapilioError)) return [`it threw ${inspect(error)}`];
    const found: string[] = [];
    if (!expected.includes(error.code)) {
      found.push(`it was refused with ${error.code}, not ${expected}: ${error.message}`);
    }
    return [...found, ...secretsToldBy(error).map((secret) => `an error tells ${secret}`)];
  }
}

/** The secrets of addresses that an error or one of its causes tells. */
export function secretsToldBy(error: unknown): string[] {
  const told = textsOf(error).join("\n");
  return [...SECRETS, AUTHORIZATION].filter((secret) => told.includes(secret));
}

/** All that an error and its causes may show to anybody. */
function textsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [inspect(error)];
  const { message, stack, cause } = error;
  const shown = inspect(error, { depth: 10, showHidden: true });
  const { fix = "" } = error as { fix?: string };
  return [message, fix, `${stack}`, shown, ...(cause === undefined ? [] : textsOf(cause))];
}

function memoryInUse(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
