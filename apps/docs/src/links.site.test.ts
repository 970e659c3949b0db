import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listPages, readPage, SITE } from "./testing/site.ts";

const pages = listPages();
const anchors = new Map(pages.map((path) => [path, anchorsOf(readPage(path))]));

function anchorsOf(html: string): ReadonlySet<string> {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id as string));
}

/** Why a link leads nowhere, or undefined where it holds. */
function fault(from: string, href: string): string | undefined {
  const { pathname, hash, host } = new URL(href, `http://site${from}`);
  if (host !== "site") return undefined;
  const path = decodeURIComponent(pathname);
  const ids = anchors.get(path);
  if (ids === undefined) {
    return existsSync(join(SITE, path)) && !path.endsWith("/") ? undefined : `no page ${path}`;
  }
  const id = decodeURIComponent(hash.slice(1));
  return id === "" || ids.has(id) ? undefined : `no #${id} on ${path}`;
}

function brokenLinks(path: string): string[] {
  const html = readPage(path);
  const hrefs = [...html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map(([, href]) => href as string);
  return [...new Set(hrefs)].flatMap((href) => {
    const found = fault(path, href.replaceAll("&amp;", "&"));
    return found === undefined ? [] : [`${path}: ${href}: ${found}`];
  });
}

describe("links of the built site", () => {
  it("hold, to pages and to places on them", () => {
    expect(pages).toContain("/guide/quickstart");
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it("lead to every page from the sidebar", () => {
    const html = readPage("/guide/quickstart");
    const linked = new Set([...html.matchAll(/href="(\/[^"#]*)"/g)].map(([, path]) => path));
    const written = pages.filter((path) => !path.startsWith("/api/") && path !== "/404");
    expect(written.filter((path) => !linked.has(path))).toEqual([]);
  });

  it("would be found broken", () => {
    expect(fault("/guide/memory", "./no-such-page")).toBe("no page /guide/no-such-page");
    expect(fault("/", "/guide/memory#no-such-place")).toBe("no #no-such-place on /guide/memory");
  });

  it("load nothing from elsewhere", () => {
    const external = pages.flatMap((path) =>
      [
        ...readPage(path).matchAll(
          /<(?:script|link|img|source|iframe)\s[^>]*?(?:src|href)="(https?:[^"]*)"/g,
        ),
      ].map(([, url]) => `${path}: ${url}`),
    );
    expect(external).toEqual([]);
  });
});
