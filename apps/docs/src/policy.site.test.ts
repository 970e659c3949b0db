import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openBrowser } from "./testing/browser.ts";
import { SITE } from "./testing/site.ts";
import { serveSite } from "./testing/site-server.ts";

/** The directives of a page's policy, which must precede all that it governs. */
function policyOf(html: string): Map<string, string[]> {
  const [, content = ""] =
    /<head>\s*<meta charset="utf-8">\s*<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(
      html,
    ) ?? [];
  return new Map(
    content.split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources];
    }),
  );
}

it("every page has a policy that names each script within it, and no other", () => {
  const files = globSync("**/*.html", { cwd: SITE });
  expect(files).toEqual(expect.arrayContaining(["index.html", "404.html", "guide/cpu.html"]));
  for (const file of files) {
    const html = readFileSync(join(SITE, file), "utf8");
    const policy = policyOf(html);
    expect(policy.get("default-src"), file).toEqual(["'none'"]);
    expect(policy.get("base-uri")).toEqual(["'none'"]);
    expect(policy.get("form-action")).toEqual(["'none'"]);
    const inline = [...html.matchAll(/<script(?![^>]* src=)[^>]*>(.*?)<\/script>/gs)].map(
      ([, script = ""]) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
    );
    expect(policy.get("script-src")).toEqual(["'self'", "'wasm-unsafe-eval'", ...inline]);
    // Handlers in attributes would need more than that.
    expect(html).not.toMatch(/<[^>]+\son[a-z]+="/);
    expect(html).not.toMatch(/href="javascript:/);
  }
});

it("a script that was put into a page does not run, and nothing is sent elsewhere", async () => {
  await using site = await serveSite(SITE);
  const browser = await openBrowser({ webgpu: false });
  try {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/guide/cpu`);
    const ran = await page.evaluate(async () => {
      const violated: string[] = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
        violated.push(effectiveDirective);
      });
      const script = document.createElement("script");
      script.textContent = "window.injected = true";
      document.head.append(script);
      document.body.insertAdjacentHTML("beforeend", `<img src="/no" onerror="injected = true">`);
      const sent = await fetch("https://example.com/").then(
        () => true,
        () => false,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { injected: "injected" in window, sent, violated: [...new Set(violated)].sort() };
    });
    expect(ran).toEqual({
      injected: false,
      sent: false,
      violated: ["connect-src", "script-src-attr", "script-src-elem"],
    });
  } finally {
    await browser.close();
  }
});
