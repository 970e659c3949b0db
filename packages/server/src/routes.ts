import { PapilioError } from "@papilio/butterfly";
import { Hono } from "hono";
import type { GenericSchema, InferOutput } from "valibot";
import { namesOf, type Served } from "./engines/served-model.ts";
import type { RouteEnvironment } from "./frontend/frontend.ts";
import {
  bodyOf,
  listModels,
  type RouteContext,
  requireJson,
  requireServed,
} from "./frontend/models.ts";
import { infer, shapeOf } from "./inference/infer.ts";
import { chat } from "./openai/chat.ts";
import { complete } from "./openai/completions.ts";
import { embed } from "./openai/embeddings.ts";
import { chatSchema, completionSchema, embeddingSchema } from "./openai/text-fields.ts";
import type { Serving } from "./openai/text-request.ts";
import type { Exchange } from "./protocol/exchange.ts";
import { readJson } from "./protocol/read-json.ts";

export interface RoutesOptions extends Serving {
  readonly models: ReadonlyMap<string, Served>;
  readonly started: number;
}

/** All addresses that need no more than a request and the models. */
export function routes({ models, started, ...serving }: RoutesOptions): Hono<RouteEnvironment> {
  const app = new Hono<RouteEnvironment>();
  /** By all names: of models alone, and with each adapter. */
  const byName = new Map(
    [...models.values()].flatMap((served) =>
      namesOf(served.definition).map((name) => [name, served] as const),
    ),
  );
  const find = (
    context: RouteContext,
    name: string,
    among: ReadonlyMap<string, Served>,
  ): Served => {
    requireServed(context, name, [...among.keys()]);
    return among.get(name) as Served;
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
      const served = find(context, fields.model, byName);
      return answer(context, served, fields, context.get("exchange"), serving);
    });
  };

  listModels(app, () => [...byName.keys()], started);
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
        const served = find(context, name, models);
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
