import { DeviceSlot } from "./engines/device-slot.ts";
import { namesOf, Served } from "./engines/served-model.ts";
import { Frontend } from "./frontend/frontend.ts";
import { routes } from "./routes.ts";
import { requireServerOptions, type ServerOptions } from "./server-options.ts";
import { chatTemplate } from "./text/chat-template.ts";

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
  readonly #frontend: Frontend;

  private constructor(
    options: ServerOptions,
    models: ReadonlyMap<string, Served>,
    slot: DeviceSlot | undefined,
  ) {
    const limits = requireServerOptions(options);
    const { apiKey, metrics, log } = options;
    this.#models = models;
    this.#slot = slot;
    this.#frontend = new Frontend({
      ...{ apiKey, metrics, log, limits },
      models: () => [...models].map(([name, { ready }]) => ({ name, ready })),
      routes: routes({ models, started: Date.now(), limits, metrics }),
    });
    metrics?.watch(() => ({
      requests: this.#frontend.inside,
      queue: new Map([...models].map(([name, { admission }]) => [name, admission.inside])),
      texts: new Map(
        [...models].flatMap(([name, { text }]) => {
          const statistics = text?.statistics;
          return statistics === undefined ? [] : [[name, statistics] as const];
        }),
      ),
      device: slot?.memory,
      ready: this.ready,
    }));
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

  /** What requests call the models: by their names, and with each of their adapters. */
  get names(): readonly string[] {
    return [...this.#models.values()].flatMap(({ definition }) => namesOf(definition));
  }

  /** Whether every model can be computed now: false while a device is lost, and while the server ends. */
  get ready(): boolean {
    return this.#frontend.ready;
  }

  /** Answers a request. It never rejects. */
  readonly fetch = (request: Request): Promise<Response> => this.#frontend.fetch(request);

  /**
   * Takes no more requests, and waits until those under way are answered. When the signal aborts, they are
   * ended, and told so.
   *
   * @throws PapilioError `OPTION_INVALID`
   */
  async drain(signal?: AbortSignal): Promise<void> {
    await this.#frontend.drain(signal);
  }

  /** Ends what is under way, and frees models and device. */
  dispose(): void {
    this.#frontend.stop();
    for (const served of this.#models.values()) served[Symbol.dispose]();
    this.#slot?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
