import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** A site that is being served. */
export interface SiteServer extends AsyncDisposable {
  /** `http://localhost:PORT`, without a slash at the end. */
  readonly origin: string;
}

/**
 * Serves a built site from the folder `root`, on a free port, as a host of static files does: a page
 * `/guide/memory` is the file `guide/memory.html`, and there are no headers besides the type and those given.
 */
export async function serveSite(
  root: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SiteServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    void find(root, decodeURIComponent(pathname)).then((found) => {
      response.writeHead(found.status, { ...headers, "content-type": found.type }).end(found.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function find(
  root: string,
  path: string,
): Promise<{ readonly status: number; readonly type: string; readonly body: Buffer | string }> {
  const file = normalize(path.endsWith("/") ? `${path}index.html` : path);
  for (const name of [file, `${file}.html`]) {
    try {
      const body = await readFile(join(root, name));
      return { status: 200, type: TYPES[extname(name)] ?? "application/octet-stream", body };
    } catch {
      // The next name, if there is one.
    }
  }
  return { status: 404, type: "text/plain", body: `There is no ${path}.` };
}
