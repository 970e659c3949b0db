import { describe, expect, it, vi } from "vitest";
import type { LoadProgress } from "./load-progress.ts";
import { loadStateDict } from "./load-state-dict.ts";
import { SHARDS, SINGLE, TOTAL } from "./testing/small-model.ts";
import { BASE, bodyOf, web } from "./testing/web.ts";

describe("an abort", () => {
  it("before loading asks for nothing", async () => {
    const { fetch, asked } = web(SHARDS);
    const signal = AbortSignal.abort("enough");
    await expect(loadStateDict(BASE, { fetch, signal })).rejects.toBe("enough");
    await expect(loadStateDict(SINGLE, { signal })).rejects.toBe("enough");
    expect(asked).toEqual([]);
  });

  it("in the middle ends loading and lets the body go", async () => {
    const controller = new AbortController();
    const { body, cancelled } = bodyOf(SINGLE, 100);
    const reports: LoadProgress[] = [];
    const loading = loadStateDict(`${BASE}model.safetensors`, {
      fetch: () => Promise.resolve(new Response(body)),
      signal: controller.signal,
      onProgress: (progress) => {
        reports.push(progress);
        if (progress.loaded > 300) controller.abort(new Error("enough"));
      },
    });
    await expect(loading).rejects.toThrow("enough");
    expect(reports.at(-1)?.loaded).toBeLessThan(TOTAL);
    expect(cancelled()).toBe(true);
  });

  it("ends loading from a server that says nothing more", async () => {
    const controller = new AbortController();
    const cancel = vi.fn();
    const body = new ReadableStream({ start: (c) => c.enqueue(SINGLE.subarray(0, 300)), cancel });
    const loading = loadStateDict(`${BASE}model.safetensors`, {
      fetch: () => Promise.resolve(new Response(body)),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort("enough"), 5);
    await expect(loading).rejects.toBe("enough");
    expect(cancel).toHaveBeenCalled();
  });

  it("does not wait for a fetch that does not listen, and lets its answer go", async () => {
    const controller = new AbortController();
    const { body, cancelled } = bodyOf(SINGLE, 100);
    let answer = (_: Response): void => undefined;
    const loading = loadStateDict(BASE, {
      fetch: () => new Promise((resolve) => (answer = resolve)),
      signal: controller.signal,
    });
    controller.abort("enough");
    await expect(loading).rejects.toBe("enough");
    answer(new Response(body));
    await vi.waitFor(() => expect(cancelled()).toBe(true));
  });

  it("by an error of the progress lets the body go too", async () => {
    const { body, cancelled } = bodyOf(SINGLE, 100);
    const loading = loadStateDict(`${BASE}model.safetensors`, {
      fetch: () => Promise.resolve(new Response(body)),
      onProgress: () => {
        throw new Error("of the caller");
      },
    });
    await expect(loading).rejects.toThrow("of the caller");
    expect(cancelled()).toBe(true);
  });
});
