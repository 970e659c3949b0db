import { withBase } from "vitepress";

/** What the page remembers: that it was reloaded to be isolated, so that it is not again. */
const RELOADED = "papilio-isolation";

/**
 * Isolates the page from others, so that what computes on the CPU has threads: they need shared memory. A host that
 * reads `_headers` has done so. For others a service worker adds the headers, and the page is loaded once more. Where
 * that does not help, there is one thread.
 */
export async function isolatePage(): Promise<void> {
  const { serviceWorker } = navigator;
  if (crossOriginIsolated || serviceWorker === undefined) return;
  if (sessionStorage.getItem(RELOADED) !== null) return;
  try {
    await serviceWorker.register(withBase("/isolation-worker.js"));
    await serviceWorker.ready;
  } catch {
    return;
  }
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
}
