import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { LoadProgress } from "../weights/load-progress.ts";
import { loadStateDict as loadAnywhere } from "../weights/load-state-dict.ts";
import { contentsOf } from "../weights/testing/checkpoints.ts";
import { FIRST, SHARDS, SINGLE, STATE, TOTAL } from "../weights/testing/small-model.ts";
import { loadStateDict } from "./load-state-dict.ts";

const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/** How a path is answered; what is not here is 404. */
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const shards: [string, Answer][] = [...SHARDS].map(([name, contents]) => [
  `/shards/${name}`,
  (response) => response.setHeader("content-length", contents.length).end(contents),
]);

const page: Answer = (response) => response.setHeader("content-type", "text/html").end("<html>");
let hanging = 0;

const answers = new Map<string, Answer>([
  ...shards,
  [
    "/length.safetensors",
    (response) => response.setHeader("content-length", SINGLE.length).end(SINGLE),
  ],
  [
    "/chunked.safetensors",
    (response) => {
      response.write(SINGLE.subarray(0, 301));
      response.write(SINGLE.subarray(301, 302));
      response.end(SINGLE.subarray(302));
    },
  ],
  [
    "/gzip.safetensors",
    (response) => {
      const body = gzipSync(SINGLE);
      response.setHeader("content-encoding", "gzip").setHeader("content-length", body.length);
      response.end(body);
    },
  ],
  [
    "/moved.safetensors",
    (response) => response.writeHead(302, { location: "/length.safetensors" }).end(),
  ],
  [
    "/cut.safetensors",
    (response) => {
      response.setHeader("content-length", SINGLE.length);
      response.write(SINGLE.subarray(0, 400), () => response.destroy());
    },
  ],
  [
    "/cut-chunked.safetensors",
    (response) => {
      response.write(SINGLE.subarray(0, 400), () => response.destroy());
    },
  ],
  [
    "/silent.safetensors",
    (_, request) => {
      hanging++;
      request.socket.once("close", () => hanging--);
    },
  ],
  [
    "/file.safetensors",
    (response) => response.writeHead(302, { location: "file:///etc/hostname" }).end(),
  ],
  ["/short.safetensors", (response) => response.end(SINGLE.subarray(0, 400))],
  ["/page.safetensors", page],
  ["/busy.safetensors", (response) => response.writeHead(503).end("busy")],
  ["/broken/model.safetensors.index.json", (response) => response.end('{"weight_map":')],
  [
    "/outside/model.safetensors.index.json",
    (response) => response.end('{"weight_map":{"a":"../length.safetensors"}}'),
  ],
  [
    "/hanging.safetensors",
    (response, request) => {
      hanging++;
      request.socket.once("close", () => hanging--);
      response.setHeader("content-length", SINGLE.length).write(SINGLE.subarray(0, 400));
    },
  ],
  [
    "/token.safetensors",
    (response, { headers }) => {
      if (headers.authorization === "Bearer secret") response.end(SINGLE);
      else response.writeHead(401).end();
    },
  ],
]);

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = answers.get(request.url ?? "");
    if (answer === undefined) response.writeHead(404).end("none");
    else answer(response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

describe.each([
  ["@papilio/nn", loadAnywhere],
  ["@papilio/nn/node", loadStateDict],
])("weights on a server, by %s", (_, load) => {
  it.each(["length", "chunked", "gzip", "moved"])("are loaded: %s", async (name) => {
    const reports: LoadProgress[] = [];
    const state = await load(`${base}/${name}.safetensors`, {
      onProgress: (progress) => reports.push(progress),
    });
    expect(contentsOf(state)).toEqual(contentsOf(STATE));
    expect(reports.at(-1)).toMatchObject({ loaded: TOTAL, total: TOTAL });
    for (const [index, { loaded, total }] of reports.entries()) {
      expect(loaded).toBeGreaterThanOrEqual(reports[index - 1]?.loaded ?? 0);
      expect(total).toBe(TOTAL);
    }
  });

  it("are loaded from shards", async () => {
    expect(contentsOf(await load(`${base}/shards/`))).toEqual(contentsOf(STATE));
    const index = new URL("/shards/model.safetensors.index.json", base);
    expect(contentsOf(await load(index))).toEqual(contentsOf(STATE));
  });

  it("are loaded with a token, where the server wants one", async () => {
    const url = `${base}/token.safetensors`;
    await expect(load(url)).rejects.toThrow(code("HTTP_STATUS"));
    const state = await load(url, {
      fetch: (address, options) =>
        fetch(address, { ...options, headers: { authorization: "Bearer secret" } }),
    });
    expect(state.size).toBe(3);
  });

  it.each([
    ["missing.safetensors", "HTTP_STATUS"],
    ["busy.safetensors", "HTTP_STATUS"],
    ["page.safetensors", "HTTP_CONTENT"],
    ["cut.safetensors", "FILE_TRUNCATED"],
    ["cut-chunked.safetensors", "FILE_TRUNCATED"],
    ["short.safetensors", "FILE_TRUNCATED"],
    ["nothing/", "STATE_DICT_SOURCE"],
    ["broken/", "STATE_DICT_INDEX"],
    ["outside/", "STATE_DICT_INDEX"],
  ])("are refused: %s", async (path, expected) => {
    await expect(load(`${base}/${path}`)).rejects.toThrow(code(expected));
  });

  it("are refused without a shard", async () => {
    const found = answers.get(`/shards/${FIRST}`) as Answer;
    answers.delete(`/shards/${FIRST}`);
    await expect(load(`${base}/shards/`)).rejects.toThrow(code("STATE_DICT_INDEX"));
    answers.set(`/shards/${FIRST}`, found);
  });

  it("are refused where there is no server", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    other.close();
    await once(other, "close");
    const loading = load(`http://127.0.0.1:${port}/x.safetensors`);
    await expect(loading).rejects.toThrow(code("HTTP_FAILED"));
  });

  it("are given up when the signal aborts, and the connection with them", async () => {
    const controller = new AbortController();
    const loading = load(`${base}/hanging.safetensors`, {
      signal: controller.signal,
      onProgress: ({ loaded }) => {
        if (loaded > 0) setTimeout(() => controller.abort("enough"));
      },
    });
    await expect(loading).rejects.toBe("enough");
    await vi.waitFor(() => expect(hanging).toBe(0));
  });

  it("are given up when a server makes no progress", async () => {
    const before = hanging;
    for (const path of ["hanging.safetensors", "silent.safetensors"]) {
      await expect(load(`${base}/${path}`, { timeout: 100 })).rejects.toThrow(code("HTTP_TIMEOUT"));
    }
    await vi.waitFor(() => expect(hanging).toBe(before));
  });

  it("are loaded with the password of an address, which goes nowhere else", async () => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(SINGLE);
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const answer: Answer = (response, request) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `http://127.0.0.1:${port}/x.safetensors` }).end();
    };
    answers.set("/elsewhere.safetensors", answer);
    const state = await load(`${base.replace("//", "//user:p%40ss@")}/elsewhere.safetensors`);
    expect(state.size).toBe(3);
    // base64 of user:p@ss
    expect(seen).toEqual(["Basic dXNlcjpwQHNz", undefined]);
    other.close();
  });

  it.each([
    "missing.safetensors",
    "nothing/",
    "page.safetensors",
    "cut.safetensors",
    "file.safetensors",
  ])("are refused without telling a password: %s", async (path) => {
    const url = `${base.replace("//", "//user:secret@")}/${path}?token=hidden`;
    const error = await load(url).catch((thrown: unknown) => thrown);
    const texts = [error, (error as Error).cause].map((one) => String((one as Error)?.stack));
    expect(error).toMatchObject({ code: expect.any(String) });
    for (const text of texts) expect(text).not.toMatch(/secret|hidden/);
  });

  it("are refused at what is not an address without telling its password", async () => {
    const error = await loadAnywhere("https://user:secret@ex ample.org/").catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "STATE_DICT_SOURCE" });
    expect(String((error as Error).message)).not.toContain("secret");
  });
});
