import type { Browser } from "playwright";
import { afterAll, beforeAll } from "vitest";
import { openBrowser } from "./browser.ts";
import { readHeaders, SITE } from "./site.ts";
import { type SiteServer, serveSite } from "./site-server.ts";

/** The built site, served, and a browser: both are there from the first test of a file to its last. */
export function openSite(): { readonly browser: Browser; readonly site: SiteServer } {
  const opened: { browser?: Browser; site?: SiteServer } = {};
  beforeAll(async () => {
    [opened.browser, opened.site] = await Promise.all([
      openBrowser(),
      serveSite(SITE, readHeaders()),
    ]);
  });
  afterAll(async () => {
    await opened.browser?.close();
    await opened.site?.[Symbol.asyncDispose]();
  });
  return opened as { browser: Browser; site: SiteServer };
}
