import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { drawRoutes } from "./testing/hostile/draw-routes.ts";
import { HostileServer } from "./testing/hostile/hostile-server.ts";
import { tryRoute } from "./testing/hostile/try-route.ts";

let server: HostileServer;
beforeAll(async () => {
  server = await HostileServer.open();
});
afterAll(() => server[Symbol.asyncDispose]());

/** Of where answers are cut, and in which order they come. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(SEEDS)("a hostile server of seed %i", (seed) => {
  const routes = drawRoutes(seed);

  it("has all routes", () => {
    expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
    expect(routes.length).toBeGreaterThanOrEqual(43);
  });

  it.each(routes)("$name", async (route) => {
    expect(await tryRoute(server, route)).toEqual([]);
    await vi.waitFor(() => expect(server.connections).toBe(0), { timeout: 5000, interval: 2 });
  });
});
