import type { Browser } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowser, watch } from "./testing/browser.ts";
import { readHeaders, SITE } from "./testing/site.ts";
import { serveSite } from "./testing/site-server.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser({ webgpu: false });
});
afterAll(() => browser?.close());

/** Whether the page is isolated, and whether a worker of it may share memory. */
function sharing(): Promise<{ page: boolean; worker: boolean }> {
  return new Promise((resolve, reject) => {
    const program = "postMessage(crossOriginIsolated)";
    const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.onmessage = ({ data }) => resolve({ page: crossOriginIsolated, worker: data });
    worker.onerror = () => reject(new Error("The worker does not start."));
  });
}

const ISOLATED = { page: true, worker: true };

describe("pages are isolated, so that they have threads", () => {
  it("by the headers of a host that reads _headers, all of them and at once", async () => {
    expect(readHeaders()).toEqual({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    await using site = await serveSite(SITE, readHeaders());
    const page = await browser.newPage();
    const faults = watch(page, site.origin);
    for (const path of ["/playground/factorize", "/guide/cpu"]) {
      await page.goto(site.origin + path, { waitUntil: "networkidle" });
      expect(await page.evaluate(sharing)).toEqual(ISOLATED);
    }
    expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBe(null);
    expect(faults).toEqual([]);
    await page.close();
  });

  it.each(["/playground/", "/playground/factorize", "/playground/generate"])(
    "by a service worker where a host sends none, in %s",
    async (path) => {
      await using site = await serveSite(SITE);
      const context = await browser.newContext();
      const page = await context.newPage();
      const faults = watch(page, site.origin);
      await page.goto(site.origin + path);
      await page.waitForFunction(() => crossOriginIsolated);
      await page.waitForLoadState("networkidle");
      expect(await page.evaluate(sharing)).toEqual(ISOLATED);
      // Once: it does not begin anew.
      expect(await page.evaluate(() => performance.getEntriesByType("navigation").length)).toBe(1);
      expect(faults).toEqual([]);
      await context.close();
    },
  );

  it("not by a service worker on pages that compute nothing", async () => {
    await using site = await serveSite(SITE);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.origin}/guide/cpu`, { waitUntil: "networkidle" });
    expect(
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length),
    ).toBe(0);
    await context.close();
  });
});
