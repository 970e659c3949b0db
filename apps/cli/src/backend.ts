import { type InstalledAdapter, listInstalled } from "@papilio/gpu-runtime/node";
import { oneOf } from "./options.ts";

/** What multiplies, and why. */
export interface BackendChoice {
  readonly backend: "gpu" | "cpu";
  readonly reason: string;
}

export const BACKEND_HELP =
  "auto, gpu or cpu; auto takes a hardware GPU, else the CPU, and a software adapter by its name only";

/**
 * The backend that a flag asks for. `auto` is a hardware GPU where there is one, else the CPU: an adapter in
 * software computes on it too, and slower. Whoever names an adapter wants it.
 *
 * @param adapter the adapter that is asked for, `auto` unless it is
 * @throws PapilioError `FLAG_INVALID`
 */
export async function chooseBackend(
  flag: string,
  adapter: string,
  list: () => Promise<readonly InstalledAdapter[]> = listInstalled,
): Promise<BackendChoice> {
  const wanted = oneOf("--backend", flag, ["auto", "gpu", "cpu"]);
  if (wanted !== "auto") return { backend: wanted, reason: `--backend ${wanted}` };
  if (adapter !== "auto") return { backend: "gpu", reason: `--adapter ${adapter}` };
  try {
    const installed = await list();
    const hardware = installed.find(({ kind }) => kind === "hardware");
    if (hardware !== undefined) return { backend: "gpu", reason: "a hardware GPU is installed" };
    const software = installed.map(({ name }) => name).join(", ");
    const slower = software === "" ? "" : `, and ${software} is slower`;
    return { backend: "cpu", reason: `no hardware GPU is installed${slower}` };
  } catch (error) {
    return { backend: "cpu", reason: `no adapter can be listed: ${(error as Error).message}` };
  }
}
