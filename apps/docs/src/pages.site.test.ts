import type { BrowserContext } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findViolations, WINDOWS, watch } from "./testing/browser.ts";
import { cutPictures } from "./testing/cut-pictures.ts";
import { openSite } from "./testing/open-site.ts";
import { listPages } from "./testing/site.ts";

/** Of the reference, a page of each kind: one generator makes them all. */
const REFERENCE = [
  "/api/",
  "/api/@papilio/butterfly/",
  "/api/@papilio/butterfly/index/classes/Pattern",
  "/api/@papilio/butterfly/factorization/functions/factorize",
  "/api/@papilio/butterfly/index/interfaces/Cost",
  "/api/@papilio/butterfly/index/type-aliases/Layout",
];
const pages = [...listPages().filter((path) => !path.startsWith("/api/")), ...REFERENCE];

const opened = openSite();

describe.each([
  // Every page in dark colours at one width and in light ones at the other.
  { size: "phone", colorScheme: "dark" },
  { size: "desktop", colorScheme: "light" },
] as const)("at the width of a $size, $colorScheme", ({ size, colorScheme }) => {
  let context: BrowserContext;
  beforeAll(async () => {
    const viewport = WINDOWS[size];
    context = await opened.browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
  });
  afterAll(() => context.close());

  it.each(pages)("%s loads, fits, and can be used by everyone", async (path) => {
    const page = await context.newPage();
    try {
      const faults = watch(page, opened.site.origin);
      await page.goto(opened.site.origin + path);
      // Vue has taken the page over: what it has to complain about, it has said.
      await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
      expect(await page.locator("h1").count()).toBe(1);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, "pixels beyond the window's width").toBe(0);
      expect(await cutPictures(page)).toEqual([]);
      expect(await findViolations(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await page.close();
    }
  });
});
