import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { returnParts, takeParts } from "./spare-buffers.ts";

// Nothing is spare: other tests share the module.
beforeEach(() => {
  vi.useFakeTimers();
  returnParts(takeParts(1, { complex: false, shared: false }));
  vi.runAllTimers();
});
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

it.each([false, true])("memory that is spare is used again, for a while: shared %s", (shared) => {
  const real = { complex: false, shared };
  const values = takeParts(1000, real);
  const { buffer } = values.re;
  expect(buffer instanceof SharedArrayBuffer).toBe(shared);
  returnParts(values);
  expect(takeParts(400, real).re.buffer).not.toBe(buffer);
  expect(takeParts(1001, real).re).toHaveLength(1001);
  expect(takeParts(600, { complex: false, shared: !shared }).re.buffer).not.toBe(buffer);
  const again = takeParts(600, real);
  expect(again.re.buffer).toBe(buffer);
  expect(again.re).toHaveLength(600);
  returnParts(again);
  vi.runAllTimers();
  expect(takeParts(1000, real).re.buffer).not.toBe(buffer);
});

it("both parts of complex values are memory of their own", () => {
  const { re, im } = takeParts(10, { complex: true, shared: false });
  expect(im).toHaveLength(10);
  expect(im?.buffer).not.toBe(re.buffer);
});

it("large memory is kept for threads alone", () => {
  const length = 2 ** 19 + 1;
  for (const shared of [false, true]) {
    const values = takeParts(length, { complex: false, shared });
    returnParts(values);
    const next = takeParts(length, { complex: false, shared });
    expect(next.re.buffer === values.re.buffer).toBe(shared);
  }
});
