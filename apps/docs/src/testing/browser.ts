import { AxeBuilder } from "@axe-core/playwright";
import { type Chromium, environmentOf } from "@papilio/testing/chromium";
import { type Browser, chromium, type Page } from "playwright";
import { inject } from "vitest";

/** Widths and heights of the windows that pages are looked at in, in CSS pixels. */
export const WINDOWS = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 800 },
} as const;

/** Flags with which Chromium starts as root and in containers, and asks nothing of the network. */
const FLAGS = ["--no-sandbox", "--disable-background-networking"];

/** Lets WebGPU run on a software adapter, which counts as unsafe. */
const WEBGPU = ["--enable-unsafe-webgpu"];

/**
 * Starts the browser that the run found.
 *
 * @param options without WebGPU there is a `navigator.gpu`, but no adapter
 */
export async function openBrowser(
  options: { readonly webgpu?: boolean; readonly flags?: readonly string[] } = {},
): Promise<Browser> {
  const found: Chromium = inject("chromium");
  return await chromium.launch({
    executablePath: found.executable,
    env: environmentOf(found),
    args: [...FLAGS, ...(options.webgpu === false ? [] : WEBGPU), ...(options.flags ?? [])],
  });
}

/** What a page did that it must not do: errors in the console, requests that fail or leave the site. */
export function watch(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (/^https?:/.test(url) && !url.startsWith(`${origin}/`)) faults.push(`request: ${url}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`${response.status()}: ${response.url()}`);
  });
  return faults;
}

/** What a page, as it is now, keeps from people who use it otherwise than its makers: none is right. */
export async function findViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    // Only these are read, which takes half of the time.
    .options({ resultTypes: ["violations"] })
    .analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
  );
}

declare module "vitest" {
  interface ProvidedContext {
    chromium: Chromium;
  }
}
