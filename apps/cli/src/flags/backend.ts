import { type InstalledAdapter, listInstalled } from "@papilio/gpu-runtime/node";
import { choosePlace, type Machine, type Place, type Work } from "@papilio/nn/placement";
import { oneOf } from "./options.ts";

/** What multiplies, and why. */
export interface BackendChoice {
  readonly backend: Place;
  readonly reason: string;
}

export const BACKEND_HELP =
  "auto, gpu or cpu; auto takes what is predicted to be faster, and an adapter that is named";

/**
 * The backend that a flag asks for. `auto` is the place that `choosePlace` chooses for the work, on this
 * machine. Whoever names an adapter wants it.
 *
 * @param adapter the adapter that is asked for, `auto` unless it is
 * @throws PapilioError `FLAG_INVALID`
 */
export async function chooseBackend(
  flag: string,
  adapter: string,
  work: Work,
  list: () => Promise<readonly InstalledAdapter[]> = listInstalled,
): Promise<BackendChoice> {
  const wanted = oneOf("--backend", flag, ["auto", "gpu", "cpu"]);
  if (wanted !== "auto") return { backend: wanted, reason: `--backend ${wanted}` };
  if (adapter !== "auto") return { backend: "gpu", reason: `--adapter ${adapter}` };
  const { place, reason } = choosePlace(work, { adapter: await bestAdapter(list) });
  return { backend: place, reason };
}

/** What `openGpu` would take of this machine: the embedded SwiftShader where nothing is installed. */
export async function bestAdapter(
  list: () => Promise<readonly InstalledAdapter[]> = listInstalled,
): Promise<Machine["adapter"]> {
  try {
    const [best] = await list();
    return best ?? { name: "SwiftShader", kind: "software" };
  } catch {
    // Without Dawn there is no adapter, which `papilio doctor` explains.
    return undefined;
  }
}
