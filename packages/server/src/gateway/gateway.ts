import { Admission } from "../batching/admission.ts";
import { Frontend } from "../frontend/frontend.ts";
import { type GatewayOptions, requireGatewayOptions } from "./gateway-options.ts";
import { gatewayRoutes } from "./gateway-routes.ts";

/**
 * Answers what a `ModelServer` answers, without a model: a forwarder brings requests to workers that have one. Keys,
 * limits, health, metrics and logs are those of a server. Requests without a seed are given one, so that any worker
 * gives the same answer.
 *
 * @example
 * ```ts
 * using gateway = Gateway.create({ forwarder });
 * const response = await gateway.fetch(new Request("http://localhost/v1/models"));
 * ```
 */
export class Gateway implements Disposable {
  readonly #frontend: Frontend;
  readonly #admissions = new Map<string, Admission>();

  private constructor(options: GatewayOptions) {
    const limits = requireGatewayOptions(options);
    const { forwarder, apiKey, metrics, log } = options;
    const admissionOf = (model: string): Admission => {
      const known = this.#admissions.get(model) ?? new Admission(limits.queue, "requests");
      this.#admissions.set(model, known);
      return known;
    };
    this.#frontend = new Frontend({
      ...{ apiKey, metrics, log, limits },
      models: () => forwarder.models(),
      routes: gatewayRoutes({ forwarder, started: Date.now(), admissionOf }),
    });
    metrics?.watch(() => ({
      requests: this.#frontend.inside,
      queue: new Map([...this.#admissions].map(([name, { inside }]) => [name, inside])),
      texts: new Map(),
      device: undefined,
      ready: this.ready,
    }));
  }

  /** @throws PapilioError `OPTION_INVALID` */
  static create(options: GatewayOptions): Gateway {
    return new Gateway(options);
  }

  /** Whether there is a worker of every model: false while there is no model, and while the gateway ends. */
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

  /** Ends what is under way. */
  dispose(): void {
    this.#frontend.stop();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
