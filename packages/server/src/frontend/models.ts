import type { Context, Hono } from "hono";
import { invalid, RequestError } from "../protocol/request-error.ts";
import type { RouteEnvironment } from "./frontend.ts";

export type RouteContext = Context<RouteEnvironment>;

/** The addresses that say what is served. */
export function listModels(
  app: Hono<RouteEnvironment>,
  names: () => readonly string[],
  started: number,
): void {
  const entry = (name: string): object => ({
    id: name,
    object: "model",
    created: Math.floor(started / 1000),
    owned_by: "papilio",
  });
  app.get("/v1/models", (context) => context.json({ object: "list", data: names().map(entry) }));
  app.get("/v1/models/:model{.+}", (context) => {
    const name = context.req.param("model");
    requireServed(context, name, names());
    return context.json(entry(name));
  });
  app.get("/v2", (context) =>
    context.json({ name: "papilio", version: "1", extensions: ["binary_tensor_data"] }),
  );
}

/**
 * Notes which model a request is for.
 *
 * @throws PapilioError `NOT_SERVED`
 */
export function requireServed(context: RouteContext, name: string, names: readonly string[]): void {
  if (!names.includes(name)) {
    throw new RequestError("NOT_SERVED", `There is no model ${name.slice(0, 100)}.`, {
      fix: names.length > 0 ? `There are ${names.join(", ")}.` : "There is none now.",
      param: "model",
    });
  }
  context.get("exchange").model = name;
}

/** A page of another origin cannot send this without being asked first, which is never allowed. */
export function requireJson(context: RouteContext): void {
  const type = context.req.header("Content-Type") ?? "";
  if (/^application\/json\s*(;|$)/i.test(type)) return;
  throw invalid("The body's Content-Type must be application/json.");
}

export async function bodyOf(context: RouteContext): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await context.req.arrayBuffer());
}
