import { PapilioError } from "@papilio/butterfly";
import { requireSignal } from "@papilio/butterfly/errors";
import { type Context, Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { Admission } from "./batching/admission.ts";
import { DeviceSlot } from "./engines/device-slot.ts";
import { Served } from "./engines/served-model.ts";
import { answerOf, openAiError } from "./protocol/answer.ts";
import { Exchange } from "./protocol/exchange.ts";
import { type RouteEnvironment, routes } from "./routes.ts";
import { requireServerOptions, type ServerOptions } from "./server-options.ts";
import { chatTemplate } from "./text/chat-template.ts";

/** Seconds after which a client may ask again. */
const RETRY_AFTER = "1";

/**
 * Serves models by HTTP: `fetch` answers a request of the Web's standards, in Node, Deno, Bun and workers.
 *
 * @example
 * ```ts
 * using server = await ModelServer.create({ models: [{ name: "stories", model, tokenizer }] });
 * const response = await server.fetch(new Request("http://localhost/v1/models"));
 * ```
 */
export class ModelServer implements Disposable {
  readonly #models: ReadonlyMap<string, Served>;
  readonly #slot: DeviceSlot | undefined;
  readonly #options: ServerOptions;
  readonly #app: Hono<RouteEnvironment>;
  readonly #admission: Admission;
  readonly #exchanges = new Set<Exchange>();
  #draining = false;
  /** Resolves when nothing is answered any more. */
  #idle: PromiseWithResolvers<void> | undefined;

  private constructor(
    options: ServerOptions,
    models: ReadonlyMap<string, Served>,
    slot: DeviceSlot | undefined,
  ) {
    const limits = requireServerOptions(options);
    this.#options = options;
    this.#models = models;
    this.#slot = slot;
    this.#admission = new Admission(limits.requests, "requests");
    options.metrics?.watch(() => ({
      requests: this.#admission.inside,
      queue: new Map([...models].map(([name, { admission }]) => [name, admission.inside])),
      running: new Map(
        [...models].flatMap(([name, { text }]) =>
          text === undefined ? [] : [[name, text.statistics.running] as const],
        ),
      ),
      device: slot?.memory,
      ready: this.ready,
    }));
    this.#app = this.#build(limits.bodyBytes, limits.seconds);
    const { metrics } = options;
    this.#app.route("/", routes({ models, started: Date.now(), limits, metrics }));
  }

  /**
   * Opens the device, where there is one, and takes the models. Weights are packed at their first use.
   *
   * @throws PapilioError `OPTION_INVALID`, `SERVED_NAME`, `SERVED_MODEL`, `CHAT_TEMPLATE`, and what `openDevice`
   * throws
   */
  static async create(options: ServerOptions): Promise<ModelServer> {
    const limits = requireServerOptions(options);
    for (const { chatTemplate: source } of options.models) {
      if (source !== undefined) chatTemplate(source);
    }
    const slot = options.openDevice && (await DeviceSlot.of(options.openDevice));
    try {
      const served = options.models.map(
        (model) => [model.name, new Served(model, slot, limits, options.metrics)] as const,
      );
      return new ModelServer(options, new Map(served), slot);
    } catch (error) {
      slot?.[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether every model can be computed now: false while a device is lost, and while the server ends. */
  get ready(): boolean {
    return !this.#draining && [...this.#models.values()].every(({ ready }) => ready);
  }

  /** Answers a request. It never rejects. */
  readonly fetch = async (request: Request): Promise<Response> => this.#app.fetch(request);

  /**
   * Takes no more requests, and waits until those under way are answered. When the signal aborts, they are
   * ended, and told so.
   *
   * @throws PapilioError `OPTION_INVALID`
   */
  async drain(signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) requireSignal(signal);
    this.#draining = true;
    const stop = (): void => {
      for (const exchange of this.#exchanges) exchange.stop(draining());
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
    if (this.#exchanges.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  /** Ends what is under way, and frees models and device. */
  dispose(): void {
    this.#draining = true;
    for (const exchange of this.#exchanges) exchange.stop(draining());
    for (const served of this.#models.values()) served[Symbol.dispose]();
    this.#slot?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #build(bodyBytes: number, seconds: number): Hono<RouteEnvironment> {
    const app = new Hono<RouteEnvironment>();
    const { apiKey, metrics } = this.#options;
    // The check of the key is the one that throws such.
    app.onError((error, context) =>
      this.#fail(error instanceof HTTPException ? wrongKey() : error, context),
    );
    app.notFound((context) =>
      this.#fail(
        new PapilioError(
          "NOT_SERVED",
          "There is nothing at this address.",
          "The documentation has the addresses.",
        ),
        context,
      ),
    );
    app.use(requestId());
    app.get("/v2/health/live", (context) => context.json({ live: true }));
    app.get("/v2/health/ready", (context) => this.#health(context));
    app.use(async (context, next) => {
      if (this.#draining) throw draining();
      const left = this.#admission.enter(1);
      const { signal } = context.req.raw;
      const exchange = new Exchange(context.get("requestId"), signal, {
        seconds,
        end: () => {
          left[Symbol.dispose]();
          this.#over(exchange, context);
        },
      });
      this.#exchanges.add(exchange);
      context.set("exchange", exchange);
      try {
        // A body that never ends does not hear the signal.
        await Promise.race([next(), exchange.aborted]);
      } catch (error) {
        exchange.error = error;
        throw error;
      } finally {
        if (!exchange.streams) exchange.end();
      }
    });
    // Compares digests in constant time.
    if (apiKey !== undefined) app.use(bearerAuth({ token: apiKey }));
    app.use(
      bodyLimit({
        maxSize: bodyBytes,
        onError: () => {
          throw new PapilioError(
            "REQUEST_TOO_LARGE",
            `The body has more than ${bodyBytes} bytes.`,
            "Send less at once.",
          );
        },
      }),
    );
    if (metrics !== undefined) {
      app.get("/metrics", async (context) => {
        const { contentType, body } = await metrics.expose();
        return context.body(body, 200, { "Content-Type": contentType });
      });
    }
    return app;
  }

  #health(context: Context): Response {
    const models = [...this.#models].map(([name, { ready }]) => ({ name, ready }));
    const { ready } = this;
    return context.json({ ready, draining: this.#draining, models }, ready ? 200 : 503);
  }

  #fail(error: unknown, context: Context<RouteEnvironment>): Response {
    const answer = answerOf(error);
    const { status, message } = answer;
    const exchange = context.get("exchange") as Exchange | undefined;
    if (exchange !== undefined) exchange.error = error;
    if (status === 429 || status === 503) context.header("Retry-After", RETRY_AFTER);
    // Both protocols have forms of their own.
    const body = context.req.path.startsWith("/v2") ? { error: message } : openAiError(answer);
    return context.body(JSON.stringify(body), status as 400, {
      "Content-Type": "application/json",
    });
  }

  #over(exchange: Exchange, context: Context<RouteEnvironment>): void {
    this.#exchanges.delete(exchange);
    if (this.#exchanges.size === 0) this.#idle?.resolve();
    const { id, model, promptTokens, generatedTokens, error, started } = exchange;
    const answer = error === undefined ? undefined : answerOf(error);
    const status = answer?.status ?? context.res.status;
    const seconds = (performance.now() - started) / 1000;
    const route = routePath(context, -1);
    this.#options.metrics?.request(route, status, seconds);
    this.#options.log?.({
      id,
      method: context.req.method,
      route,
      ...(model === undefined ? {} : { model }),
      status,
      seconds,
      ...(promptTokens === undefined ? {} : { promptTokens }),
      ...(generatedTokens === undefined ? {} : { generatedTokens }),
      ...(answer === undefined ? {} : { error: answer.code }),
      ...(status === 500 ? { cause: error } : {}),
    });
  }
}

function draining(): PapilioError {
  return new PapilioError("SERVER_DRAINING", "The server is about to end.", "Ask again later.");
}

function wrongKey(): PapilioError {
  return new PapilioError(
    "API_KEY",
    "The API key is missing, or wrong.",
    "Send the server's key as a bearer token.",
  );
}
