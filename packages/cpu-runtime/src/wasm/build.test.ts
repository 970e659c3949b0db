import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CONSTANTS, compileConstants } from "../../assembly/build.ts";
import { PLAIN_SIMD, RELAXED_SIMD } from "./binaries.ts";

const committed = (file: string): string => readFileSync(join(import.meta.dirname, file), "utf8");

// Each thread would write it into the shared memory, over what is there, as it starts.
it.each([PLAIN_SIMD, RELAXED_SIMD])("the binaries have no data of their own", (binary) => {
  const ids = sectionsOf(Buffer.from(binary, "base64"));
  // The code section: the sections were found.
  expect(ids).toContain(10);
  expect(ids).not.toContain(11);
});

/** Numbers of a binary's sections (WebAssembly core specification, section 5.5.2). */
function sectionsOf(binary: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < binary.length; ) {
    ids.push(binary[at++] as number);
    let [size, shift] = [0, 0];
    for (;;) {
      const byte = binary[at++] as number;
      size += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    at += size;
  }
  return ids;
}

it.each(Object.entries(CONSTANTS))(
  "the constants of %s are those of the sources",
  async (from, to) => {
    expect(await compileConstants(from as keyof typeof CONSTANTS)).toBe(committed(to));
  },
  60_000,
);
