import { parseResults } from "@papilio/bench/results";
import { writeNpy } from "@papilio/butterfly/files";
import type { Browser, Page } from "playwright";
import { describe, expect, it } from "vitest";
import { findViolations, openBrowser, WINDOWS, watch } from "./testing/browser.ts";
import { openSite } from "./testing/open-site.ts";

const opened = openSite();

/** What the first run waits for: an adapter that is software compiles and measures slowly. */
const PATIENCE = { timeout: 50_000 };

/** What continue-text.py has for the site's model, by the likeliest character each time. */
const SHAKESPEARE = "ROMEO:\nI will not the";

async function open(
  from: Browser,
  path: string,
  size: keyof typeof WINDOWS = "desktop",
): Promise<{ page: Page; faults: string[] }> {
  const context = await from.newContext({ viewport: WINDOWS[size], reducedMotion: "reduce" });
  const page = await context.newPage();
  const faults = watch(page, opened.site.origin);
  await page.goto(opened.site.origin + path, { waitUntil: "networkidle" });
  return { page, faults };
}

/** Runs, and returns the status of each implementation in the table. */
async function multiply(page: Page): Promise<(string | null)[]> {
  await page.getByRole("button", { name: "Multiply and time" }).click();
  await page.getByRole("button", { name: "Download" }).waitFor(PATIENCE);
  const rows = await page.locator("tr[data-status]").all();
  return await Promise.all(rows.map((row) => row.getAttribute("data-status")));
}

async function download(page: Page): Promise<ReturnType<typeof parseResults>> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
  return parseResults(Buffer.concat(chunks).toString("utf8"));
}

describe.each(["phone", "desktop"] as const)("the playground, as wide as a %s", (size) => {
  it("multiplies correctly on the browser's adapter, and hands the results out", async () => {
    const { page, faults } = await open(
      opened.browser,
      "/playground/?chain=1,4,4,4;4,4,4,1&batch=16",
      size,
    );
    try {
      expect(await multiply(page)).toEqual(Array(6).fill("timed"));
      const { cases, environment } = await download(page);
      expect(cases).toHaveLength(1);
      expect(cases[0]).toMatchObject({ chain: "1,4,4,4;4,4,4,1", batch: 16, verifiedVectors: 16 });
      expect(environment.adapter?.name).toMatch(/./);
      expect(environment.command).toContain("chain=1,4,4,4;4,4,4,1");
      expect(await page.locator(".pool figcaption").textContent()).toMatch(/at the\s+peak/);
      expect(await findViolations(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await page.context().close();
    }
  });
});

describe("the playground", () => {
  it("keeps what is chosen, by keys too, in the address", async () => {
    const { page } = await open(opened.browser, "/playground/?chain=4,8,8,4");
    try {
      await page.getByRole("slider", { name: "d", exact: true }).focus();
      await page.keyboard.press("ArrowRight");
      await page.getByLabel("layout").selectOption("batch-first");
      const chosen = "?chain=4,8,8,6&layout=batch-first";
      await expect.poll(() => new URL(page.url()).search).toBe(chosen);
      await page.reload({ waitUntil: "networkidle" });
      expect(await page.getByLabel("patterns").inputValue()).toBe("4,8,8,6");
      expect(new URL(page.url()).search).toBe(chosen);
    } finally {
      await page.context().close();
    }
  });

  it("says what is wrong with a chain that is not valid", async () => {
    const { page, faults } = await open(opened.browser, "/playground/?chain=1,2,2,4;3,2,2,1");
    try {
      await page.getByText("are not chainable").waitFor();
      expect(await page.getByRole("button", { name: "Multiply and time" }).isDisabled()).toBe(true);
      expect(faults).toEqual([]);
    } finally {
      await page.context().close();
    }
  });

  it("survives the loss of its device", async () => {
    const { page, faults } = await open(opened.browser, "/playground/?chain=2,4,4,2&batch=16");
    try {
      await page.getByRole("button", { name: "Lose the device" }).click();
      await page.getByText("GPU_LOST").waitFor();
      expect(await multiply(page)).toEqual(Array(5).fill("timed"));
      expect(await page.getByText("GPU_LOST").count()).toBe(0);
      expect(faults).toEqual([]);
    } finally {
      await page.context().close();
    }
  });

  it("explains itself where no adapter is given out, and multiplies on the CPU", async () => {
    const without = await openBrowser({ webgpu: false });
    try {
      const { page, faults } = await open(without, "/playground/?chain=2,4,4,2&batch=16");
      await page.getByText("GPU_UNAVAILABLE").waitFor();
      expect(await multiply(page)).toEqual(["timed", "timed", "timed"]);
      const { environment } = await download(page);
      expect(environment.adapter).toBe(null);
      expect(await findViolations(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await without.close();
    }
  });

  it("factorizes a matrix, and shows what a chain makes of it", async () => {
    const { page, faults } = await open(
      opened.browser,
      "/playground/factorize?formula=1/(1%2Babs(i-j))&n=16",
    );
    try {
      const first = page.getByRole("button", { name: /^Show / }).first();
      await first.waitFor(PATIENCE);
      await first.click();
      await page.getByText("No butterfly of this chain is below").waitFor(PATIENCE);
      expect(await page.getByRole("img", { name: /grey values/ }).count()).toBe(3);
      await page.getByLabel("or a formula").fill("i +");
      await page.keyboard.press("Enter");
      await page.getByText("it ends too early").waitFor();
      expect(await findViolations(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await page.context().close();
    }
  });

  it("factorizes an npy file and an image, and refuses what is neither", async () => {
    const { page, faults } = await open(opened.browser, "/playground/factorize?n=16");
    try {
      const file = page.locator("input[type=file]");
      const matrix = Buffer.from(
        writeNpy(
          Float32Array.from({ length: 64 }, (_, i) => i % 9),
          [8, 8],
        ),
      );
      await file.setInputFiles({
        name: "small.npy",
        mimeType: "application/octet-stream",
        buffer: matrix,
      });
      await page.getByText("small.npy, 8 x 8").waitFor(PATIENCE);
      const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 40, height: 40 } });
      await file.setInputFiles({ name: "picture.png", mimeType: "image/png", buffer: picture });
      await page.getByText("picture.png, as 40 x 40").waitFor(PATIENCE);
      await file.setInputFiles({
        name: "notes.txt",
        mimeType: "text/plain",
        buffer: Buffer.from("no"),
      });
      await page.getByText("neither an npy file nor an image").waitFor();
      expect(faults).toEqual([]);
    } finally {
      await page.context().close();
    }
  });

  it.each([true, false])(
    "generates by a model that was trained as butterflies, with an adapter: %s",
    async (webgpu) => {
      const own = webgpu ? undefined : await openBrowser({ webgpu });
      const from = own ?? opened.browser;
      const { page, faults } = await open(from, "/playground/generate?temperature=0");
      try {
        await page.getByRole("button", { name: "Generate" }).click();
        await page.getByText(SHAKESPEARE).waitFor(PATIENCE);
        expect(await page.getByLabel("feed-forward layers").count()).toBe(0);
        expect(faults).toEqual([]);
      } finally {
        await page.context().close();
        await own?.close();
      }
    },
  );

  it("generates the text that the model has for a prompt", async () => {
    const { page, faults } = await open(
      opened.browser,
      "/playground/generate?model=stories&temperature=0",
      "phone",
    );
    try {
      await page.getByRole("button", { name: "Generate" }).click();
      // What the reference implementation continues with, by the likeliest token each time.
      await page
        .getByText("Once upon a time, there was a little girl named Lily.")
        .waitFor(PATIENCE);
      // The text may have ended by now.
      const stop = page.getByRole("button", { name: "Stop" });
      await stop
        .click({ timeout: 1000 })
        .catch(() => expect(stop.isDisabled()).resolves.toBe(true));
      expect(await page.locator(".pool figcaption").textContent()).toContain("reserved");
      expect(await findViolations(page)).toEqual([]);
      expect(faults).toEqual([]);
    } finally {
      await page.context().close();
    }
  });
});
