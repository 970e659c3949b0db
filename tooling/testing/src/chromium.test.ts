import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { type Chromium, environmentOf, findChromium } from "./chromium.ts";

const exists = process.execPath;
const missing = "/no/such/chromium";

describe("the browser of the browser tests", () => {
  it("is the one that is named, before an installed one", async () => {
    expect(await findChromium({ PAPILIO_CHROMIUM: exists }, [missing])).toEqual({
      executable: exists,
      libraries: null,
    });
    await expect(findChromium({ PAPILIO_CHROMIUM: missing }, [exists])).rejects.toThrow(missing);
  });

  it("is undefined, with the reason, when the name is empty", async () => {
    expect(await findChromium({ PAPILIO_CHROMIUM: "" }, [exists])).toEqual({
      reason: "PAPILIO_CHROMIUM is empty",
    });
  });

  it("is the first that is installed", async () => {
    const found = await findChromium({}, [missing, exists]);
    expect(found).toEqual({ executable: exists, libraries: null });
  });

  it.runIf(process.platform === "linux" && process.arch === "x64")(
    "is else the embedded one, which starts",
    async () => {
      const found = (await findChromium({}, [])) as Chromium;
      expect(found).not.toHaveProperty("reason");
      const env = environmentOf(found);
      const version = execFileSync(found.executable, ["--version"], { env, encoding: "utf8" });
      expect(version).toMatch(/^Chromium \d+\./);
    },
    60_000,
  );
});
