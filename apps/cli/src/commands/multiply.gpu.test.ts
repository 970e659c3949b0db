import { readFileSync } from "node:fs";
import { Butterfly, Chain } from "@papilio/butterfly";
import { readNpyValues, saveButterflies, writeNpy } from "@papilio/butterfly/files";
import { expect, it } from "vitest";
import { deviceFlags, papilio } from "../testing/command-line.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = temporaryFolder();

it.each(["q3", "f8e4m3"])(
  "papilio multiply by factors in %s is the same on an adapter",
  async (dtype) => {
    const matrix = Butterfly.random(Chain.parse("1,4,4,8;8,4,4,1"), { seed: 2 });
    const file = folder.write("m.safetensors", saveButterflies({ m: matrix }));
    const x = Float32Array.from({ length: 3 * 32 }, (_, at) => Math.sin(at * at));
    const input = folder.write("x.npy", writeNpy(x, [3, 32]));
    const products: Float32Array[] = [];
    for (const flags of [["--backend", "cpu"], deviceFlags]) {
      const out = folder.at(`y-${dtype}-${products.length}.npy`);
      const { status, stdout, stderr } = await papilio(
        ...["multiply", file, "--input", input, "--out", out, "--dtype", dtype, ...flags],
      );
      expect(status, stderr).toBe(0);
      expect(stdout).toContain(`, factors in ${dtype} (--`);
      products.push(readNpyValues(readFileSync(out), "float32").values as Float32Array);
    }
    const [onCpu, onAdapter] = products;
    expect(onCpu).toHaveLength(3 * 32);
    for (const [at, value] of (onCpu as Float32Array).entries()) {
      // Sums of four products of numbers around 1, in two factors.
      expect(Math.abs(value - (onAdapter?.[at] as number))).toBeLessThan(1e-5);
    }
  },
);
