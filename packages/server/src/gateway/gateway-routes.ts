import { PapilioError } from "@papilio/butterfly";
import { Hono } from "hono";
import * as v from "valibot";
import type { Admission } from "../batching/admission.ts";
import type { RouteEnvironment } from "../frontend/frontend.ts";
import {
  bodyOf,
  listModels,
  type RouteContext,
  requireJson,
  requireServed,
} from "../frontend/models.ts";
import { readJson } from "../protocol/read-json.ts";
import type { ForwardedRequest, Forwarder } from "./forwarder.ts";
import { passOn } from "./pass-on.ts";

/** Headers that an answer depends on. */
const HEADERS = ["Content-Type", "Inference-Header-Content-Length"];

export interface GatewayRoutesOptions {
  readonly forwarder: Forwarder;
  readonly started: number;
  /** Lets requests of a model in. */
  readonly admissionOf: (model: string) => Admission;
}

const modelSchema = v.looseObject({ model: v.string(), seed: v.nullish(v.number()) });

/** All addresses of a `ModelServer`, whose answers are those of workers. */
export function gatewayRoutes({
  forwarder,
  started,
  admissionOf,
}: GatewayRoutesOptions): Hono<RouteEnvironment> {
  const app = new Hono<RouteEnvironment>();
  const names = () => forwarder.models().map(({ name }) => name);
  const forward = async (
    context: RouteContext,
    model: string,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<Response> => {
    const models = forwarder.models();
    requireServed(
      context,
      model,
      models.map(({ name }) => name),
    );
    if (!models.some(({ name, ready }) => name === model && ready)) throw noWorker(model);
    const exchange = context.get("exchange");
    const left = admissionOf(model).enter(1);
    try {
      const response = await forwarder.forward(
        requestOf(context, { id: exchange.id, model, body }),
        exchange.signal,
      );
      return passOn(response, exchange, left);
    } catch (error) {
      left[Symbol.dispose]();
      throw error;
    }
  };

  listModels(app, names, started);
  for (const path of ["/v1/completions", "/v1/chat/completions", "/v1/embeddings"]) {
    app.post(path, async (context) => {
      requireJson(context);
      const body = await bodyOf(context);
      const fields = readJson(body, modelSchema);
      // Another worker that does it again has to come to the same.
      const seed = crypto.getRandomValues(new Uint32Array(1))[0] as number;
      const seeded =
        path === "/v1/embeddings" || typeof fields.seed === "number"
          ? body
          : new TextEncoder().encode(JSON.stringify({ ...fields, seed }));
      return await forward(context, fields.model, seeded);
    });
  }
  app.get("/v2/models/:model/ready", (context) => readiness(context, forwarder));
  app.get("/v2/models/:model/versions/:version/ready", (context) => readiness(context, forwarder));
  app.on(["GET", "POST"], ["/v2/models/:model", "/v2/models/:model/*"], async (context) =>
    forward(context, context.req.param("model") ?? "", await bodyOf(context)),
  );
  return app;
}

function requestOf(
  context: RouteContext,
  given: Pick<ForwardedRequest, "id" | "model" | "body">,
): ForwardedRequest {
  const { method, path } = context.req;
  const headers = HEADERS.flatMap((name) => {
    const value = context.req.header(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...given,
    method: method === "POST" ? "POST" : "GET",
    path,
    headers: Object.fromEntries(headers),
  };
}

function readiness(context: RouteContext, forwarder: Forwarder): Response {
  const name = context.req.param("model") ?? "";
  const models = forwarder.models();
  requireServed(
    context,
    name,
    models.map((model) => model.name),
  );
  const ready = models.some((model) => model.name === name && model.ready);
  return context.json({ name, ready }, ready ? 200 : 503);
}

function noWorker(model: string): PapilioError {
  return new PapilioError(
    "NO_WORKER",
    `No worker has the model ${model} now.`,
    "Try again when one is there.",
  );
}
