import { createGzip } from "node:zlib";
import type { Exchange } from "./hostile-server.ts";

/** Bytes that a bomb becomes. */
export const BOMB = 2 ** 30;

/** Sends some bytes and then a gibibyte of zeros, compressed to a mebibyte, until nobody listens. */
export function bomb({ socket }: Exchange, start: Uint8Array): void {
  const gzip = createGzip({ level: 1 });
  socket.write(`HTTP/1.1 200 x\r\nconnection: close\r\ncontent-encoding: gzip\r\n\r\n`);
  gzip.pipe(socket);
  const stop = (): void => {
    gzip.destroy();
  };
  socket.once("close", stop);
  gzip.on("error", () => undefined);
  gzip.write(start);
  const zeros = Buffer.alloc(2 ** 20);
  let left = BOMB / zeros.length;
  const more = (): void => {
    while (left-- > 0) if (gzip.destroyed || !gzip.write(zeros)) return;
    if (!gzip.destroyed) gzip.end();
  };
  gzip.on("drain", more);
  more();
}
