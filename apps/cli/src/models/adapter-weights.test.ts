import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { adapterChoices } from "./adapter-weights.ts";

const folder = temporaryFolder();

it("takes a scale after the last = of a path, and nothing else for one", async () => {
  const paths = ["plain", "a=b", "x=2"].map((name) => folder.at(name));
  for (const path of paths) mkdirSync(path);
  const [plain, letters, digits] = paths;
  const texts = [plain, `${plain}=0.5`, `${plain}=-1e-1`, letters, `${letters}=.25`, `${digits}=1`];
  expect(await adapterChoices(texts as string[])).toEqual([
    { path: plain, scale: 1 },
    { path: plain, scale: 0.5 },
    { path: plain, scale: -0.1 },
    { path: letters, scale: 1 },
    { path: letters, scale: 0.25 },
    { path: digits, scale: 1 },
  ]);
  expect(await adapterChoices()).toEqual([]);
});

it("reads the paths of Windows, and refuses what is not there", async () => {
  const refused = (text: string, code: string, path: string): Promise<void> =>
    expect(adapterChoices([text])).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(path) }),
    );
  await refused("C:\\models\\poems", "INPUT_UNREADABLE", "at C:\\models\\poems:");
  await refused("C:\\models\\poems=0.5", "INPUT_UNREADABLE", "at C:\\models\\poems:");
  await refused("=0.5", "FLAG_INVALID", "=0.5");
  await refused(`${folder.at("poems")}=1e9`, "FLAG_INVALID", "1e9");
});
