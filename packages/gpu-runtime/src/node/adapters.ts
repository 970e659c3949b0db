import { createDawn } from "./dawn.ts";

/** An adapter of the system's drivers, as Dawn lists it. */
export interface InstalledAdapter {
  readonly name: string;
  /** `vulkan`, `metal`, `d3d12`... */
  readonly backend: string;
  readonly kind: "hardware" | "software";
}

const SOFTWARE = /llvmpipe|swiftshader|warp|basic render/i;
const LISTED = /backend: '([^']*)', name: '([^']*)'/g;

/**
 * Lists the adapters of the system's drivers, hardware first.
 *
 * WebGPU has no call for it. Dawn for Node names the adapters that it has when it is asked for one
 * that does not exist, so that question is asked.
 */
export async function listInstalled(): Promise<InstalledAdapter[]> {
  const nameless = "papilio lists adapters";
  const message = await (await createDawn({ name: nameless })).requestAdapter().then(
    () => "",
    (error: Error) => error.message,
  );
  const found = new Map<string, InstalledAdapter>();
  for (const [, backend = "", name = ""] of message.matchAll(LISTED)) {
    // The null backend computes nothing; one name may come with several backends, best first.
    if (backend === "null" || found.has(name)) continue;
    found.set(name, { name, backend, kind: SOFTWARE.test(name) ? "software" : "hardware" });
  }
  return [...found.values()].sort(
    (p, q) => Number(p.kind === "software") - Number(q.kind === "software"),
  );
}

/** Whether an adapter's name is the one asked for; Mesa's lavapipe calls itself llvmpipe. */
export function matchesName(name: string, wanted: string): boolean {
  const text = wanted.toLowerCase() === "lavapipe" ? "llvmpipe" : wanted.toLowerCase();
  return name.toLowerCase().includes(text);
}
