import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadStateDict as loadAnywhere } from "../weights/load-state-dict.ts";
import { SINGLE } from "../weights/testing/small-model.ts";
import { loadStateDict } from "./load-state-dict.ts";
import { drawRoutes } from "./testing/hostile/draw-routes.ts";
import { HostileServer, reply } from "./testing/hostile/hostile-server.ts";
import { secretsToldBy, tryRoute } from "./testing/hostile/try-route.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.open();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Routes of so many; the long variant has them all, of several seeds. */
const SOME = 30;

it("a hostile server gives what it has or an error with a code", async () => {
  for (const route of drawRoutes(20).slice(0, SOME)) {
    expect(await tryRoute(server, route)).toEqual([]);
    await vi.waitFor(() => expect(server.connections).toBe(0), { timeout: 5000, interval: 2 });
  }
});

const thrownBy = (load: Promise<unknown>): Promise<unknown> =>
  load.then(
    () => undefined,
    (error: unknown) => error,
  );

describe("an address whose password no error may tell", () => {
  const LOGIN = "user:s3cret";

  it.each([
    [`https://${LOGIN}@ex ample.org/`, "STATE_DICT_SOURCE"],
    ["https://user:s3/cret@example.org:x/", "STATE_DICT_SOURCE"],
    [`https://${LOGIN}@example.org:99999/?token=hidden`, "STATE_DICT_SOURCE"],
    [`${LOGIN}@example.org`, "HTTP_FAILED"],
    [`ftp://${LOGIN}@127.0.0.1/a.safetensors`, "HTTP_FAILED"],
    [`file://${LOGIN}@host/a.safetensors`, "STATE_DICT_SOURCE"],
    [`file://${LOGIN}@[/a.safetensors`, "STATE_DICT_SOURCE"],
    [`htps://${LOGIN}@127.0.0.1/a.safetensors?token=hidden#hidden`, "HTTP_FAILED"],
    [`http://${LOGIN}@127.0.0.1:1/a.safetensors?token=hidden`, "HTTP_FAILED"],
  ])("is refused: %s", async (address, expected) => {
    // Without a scheme and slashes it is a path where there are files.
    const load = address.includes("://") ? loadStateDict : loadAnywhere;
    const error = await thrownBy(load(address));
    expect(error).toMatchObject({ code: expected });
    expect(secretsToldBy(error)).toEqual([]);
  });

  it("may have percent signs that mean nothing", async () => {
    let authorization: string | undefined;
    server.answerWith((exchange) => {
      [, authorization] = /^authorization: *(.*)\r$/im.exec(exchange.head) ?? [];
      reply(exchange, 200, {}, SINGLE);
    });
    const address = server.origin.replace("//", "//u%zz:p%4@");
    expect((await loadStateDict(`${address}/a.safetensors`)).size).toBe(3);
    // base64 of u%zz:p%4
    expect(authorization).toBe("Basic dSV6ejpwJTQ=");
  });

  it("is in no error that a fetch of the caller's makes of it", async () => {
    const error = await thrownBy(
      loadStateDict(`https://${LOGIN}@example.org/a.safetensors?token=hidden`, {
        fetch: (url) => {
          const cause = new Error(`https://${LOGIN}@example.org/a?token=hidden`);
          return Promise.reject(Object.assign(new Error(`no ${url.href}`, { cause }), { url }));
        },
      }),
    );
    expect(error).toMatchObject({ code: "HTTP_FAILED" });
    expect(secretsToldBy(error)).toEqual([]);
  });

  it("leads to no address that is less safe", async () => {
    const response = new Response(SINGLE);
    Object.defineProperty(response, "url", { value: "http://example.org/a.safetensors" });
    const options = { fetch: () => Promise.resolve(response) };
    const load = loadStateDict("https://example.org/a.safetensors", options);
    await expect(load).rejects.toThrow(expect.objectContaining({ code: "HTTP_FAILED" }));
  });
});
