import { vi } from "vitest";
import type { Fetch } from "../web-folder.ts";

export const BASE = "https://example.org/model/";

/** A body in pieces, which says whether it was read to its end or given up. */
export function bodyOf(
  bytes: Uint8Array<ArrayBuffer>,
  piece: number,
): { body: ReadableStream<Uint8Array<ArrayBuffer>>; cancelled: () => boolean } {
  let at = 0;
  const cancel = vi.fn();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + piece));
      at += piece;
    },
    cancel,
  });
  return { body, cancelled: () => cancel.mock.calls.length > 0 };
}

/** The web, with these files at {@link BASE}. */
export function web(
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer> | Response>,
  piece: number = 100,
): { fetch: Fetch; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    fetch: (url) => {
      asked.push(url.href);
      const found = files.get(decodeURIComponent(url.pathname.replace("/model/", "")));
      if (found instanceof Response) return Promise.resolve(found);
      const response =
        found === undefined
          ? new Response("none", { status: 404 })
          : new Response(bodyOf(found, piece).body);
      return Promise.resolve(response);
    },
  };
}
