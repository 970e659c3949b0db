import { PapilioError } from "@papilio/butterfly";
import { requireSignal } from "@papilio/butterfly/errors";
import { type Context, Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import { Admission } from "../batching/admission.ts";
import type { ServerMetrics } from "../metrics/metrics.ts";
import { answerOf, openAiError } from "../protocol/answer.ts";
import { Exchange, type RequestRecord } from "../protocol/exchange.ts";
import type { Limits } from "../protocol/limits.ts";

/** Seconds after which a client may ask again. */
const RETRY_AFTER = "1";

/** What handlers know of a request and of the server. */
export interface RouteEnvironment {
  readonly Variables: { exchange: Exchange };
}

/** Whether a model can be computed now. */
export interface ModelHealth {
  readonly name: string;
  readonly ready: boolean;
}

export interface FrontendOptions {
  readonly apiKey?: string | undefined;
  readonly metrics?: ServerMetrics | undefined;
  readonly log?: ((record: RequestRecord) => void) | undefined;
  readonly limits: Limits;
  /** Models that there are now. */
  readonly models: () => readonly ModelHealth[];
  /** What answers requests that are let in. */
  readonly routes: Hono<RouteEnvironment>;
}

/**
 * What is the same for all requests, whoever computes their answers: who is let in, limits, health, metrics, logs, and
 * how a server ends.
 */
export class Frontend {
  readonly #options: FrontendOptions;
  readonly #app: Hono<RouteEnvironment>;
  readonly #admission: Admission;
  readonly #exchanges = new Set<Exchange>();
  #draining = false;
  /** Resolves when nothing is answered any more. */
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: FrontendOptions) {
    const { limits, routes } = options;
    this.#options = options;
    this.#admission = new Admission(limits.requests, "requests");
    this.#app = this.#build(limits.bodyBytes, limits.seconds);
    this.#app.route("/", routes);
  }

  /** Requests that are answered now. */
  get inside(): number {
    return this.#admission.inside;
  }

  /** Whether there are models, and every one can be computed now: false while the server ends. */
  get ready(): boolean {
    const models = this.#options.models();
    return !this.#draining && models.length > 0 && models.every(({ ready }) => ready);
  }

  /** Answers a request. It never rejects. */
  async fetch(request: Request): Promise<Response> {
    return await this.#app.fetch(request);
  }

  /**
   * Takes no more requests, and waits until those under way are answered. When the signal aborts, they are
   * ended, and told so.
   *
   * @throws PapilioError `OPTION_INVALID`
   */
  async drain(signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) requireSignal(signal);
    this.#draining = true;
    if (signal?.aborted) this.stop();
    else signal?.addEventListener("abort", () => this.stop(), { once: true });
    if (this.#exchanges.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  /** Takes no more requests, and ends those under way. */
  stop(): void {
    this.#draining = true;
    for (const exchange of this.#exchanges) exchange.stop(draining());
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
    const models = this.#options.models();
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
