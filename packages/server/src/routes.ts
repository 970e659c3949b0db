import { PapilioError } from "@papilio/butterfly";
import { type Context, Hono } from "hono";
import type { GenericSchema, InferOutput } from "valibot";
import type { Served } from "./engines/served-model.ts";
import { infer, shapeOf } from "./inference/infer.ts";
import { chat } from "./openai/chat.ts";
import { complete } from "./openai/completions.ts";
import { embed } from "./openai/embeddings.ts";
import { chatSchema, completionSchema, embeddingSchema } from "./openai/text-fields.ts";
import type { Serving } from "./openai/text-request.ts";
import type { Exchange } from "./protocol/exchange.ts";
import { readJson } from "./protocol/read-json.ts";
import { invalid, RequestError } from "./protocol/request-error.ts";

/** What handlers know of a request and of the server. */
export interface RouteEnvironment {
  readonly Variables: { exchange: Exchange };
}

type RouteContext = Context<RouteEnvironment>;

export interface RoutesOptions extends Serving {
  readonly models: ReadonlyMap<string, Served>;
  readonly started: number;
}

/** All addresses that need no more than a request and the models. */
export function routes({ models, started, ...serving }: RoutesOptions): Hono<RouteEnvironment> {
  const app = new Hono<RouteEnvironment>();
  const entry = (name: string): object => ({
    id: name,
    object: "model",
    created: Math.floor(started / 1000),
    owned_by: "papilio",
  });
  const find = (context: RouteContext, name: string): Served => {
    const served = models.get(name);
    if (served === undefined) {
      throw new RequestError("NOT_SERVED", `There is no model ${name.slice(0, 100)}.`, {
        fix: `There are ${[...models.keys()].join(", ")}.`,
        param: "model",
      });
    }
    context.get("exchange").model = name;
    return served;
  };
  /** Answers a request of OpenAI's, whose fields a schema has. */
  const post = <S extends GenericSchema<unknown, { model: string }>>(
    path: string,
    schema: S,
    answer: (
      context: RouteContext,
      served: Served,
      fields: InferOutput<S>,
      exchange: Exchange,
      serving: Serving,
    ) => Promise<Response>,
  ): void => {
    app.post(path, async (context) => {
      requireJson(context);
      const fields = readJson(await bodyOf(context), schema);
      const served = find(context, fields.model);
      return answer(context, served, fields, context.get("exchange"), serving);
    });
  };

  app.get("/v1/models", (context) =>
    context.json({ object: "list", data: [...models.keys()].map(entry) }),
  );
  app.get("/v1/models/:model{.+}", (context) =>
    context.json(entry(find(context, context.req.param("model")).definition.name)),
  );
  post("/v1/completions", completionSchema, complete);
  post("/v1/chat/completions", chatSchema, chat);
  post("/v1/embeddings", embeddingSchema, embed);

  const ofModel = (
    path: string,
    answer: (context: RouteContext, served: Served) => Response | Promise<Response>,
  ) => {
    const method = path === "/infer" ? "POST" : "GET";
    app.on(
      method,
      [`/v2/models/:model${path}`, `/v2/models/:model/versions/:version${path}`],
      (context) => {
        const name = context.req.param("model") ?? "";
        const served = find(context, name);
        const version = context.req.param("version") ?? "1";
        if (version === "1") return answer(context, served);
        throw new PapilioError(
          "NOT_SERVED",
          `The model ${name} has no version ${version.slice(0, 100)}.`,
          "Its version is 1.",
        );
      },
    );
  };
  app.get("/v2", (context) =>
    context.json({ name: "papilio", version: "1", extensions: ["binary_tensor_data"] }),
  );
  ofModel("", (context, { definition: { name }, signature }) => {
    const described = (specs: typeof signature.inputs) =>
      specs.map((spec) => ({ name: spec.name, datatype: spec.datatype, shape: shapeOf(spec) }));
    return context.json({
      name,
      versions: ["1"],
      platform: "papilio",
      inputs: described(signature.inputs),
      outputs: described(signature.outputs),
    });
  });
  ofModel("/ready", (context, { ready, definition: { name } }) =>
    context.json({ name, ready }, ready ? 200 : 503),
  );
  ofModel("/infer", async (context, served) => {
    const body = await bodyOf(context);
    return infer(context, served, body, context.get("exchange"), serving.limits);
  });
  return app;
}

/** A page of another origin cannot send this without being asked first, which is never allowed. */
function requireJson(context: RouteContext): void {
  const type = context.req.header("Content-Type") ?? "";
  if (/^application\/json\s*(;|$)/i.test(type)) return;
  throw invalid("The body's Content-Type must be application/json.");
}

async function bodyOf(context: RouteContext): Promise<Uint8Array> {
  return new Uint8Array(await context.req.arrayBuffer());
}
