import { call, invoke, type PublicCalls } from "@papilio/public-arguments";
import * as server from "../index.ts";
import * as node from "../node/index.ts";
import { vision } from "./models.ts";

const options = (): server.ServerOptions => ({
  models: [
    { ...vision(), stopTokens: [1], specialTokens: { bos_token: "a" }, context: 8, cacheBudget: 9 },
  ],
  apiKey: "key",
  limits: {
    bodyBytes: 1,
    tokens: 1,
    items: 1,
    queue: 1,
    requests: 1,
    seconds: 1,
    batch: 1,
    waitMs: 1,
  },
  log: () => undefined,
});
const made = await server.ModelServer.create(options());
const gatewayOptions = (): server.GatewayOptions => ({
  forwarder: { models: () => [], forward: () => Promise.resolve(new Response()) },
  apiKey: "key",
  limits: { queue: 1 },
});
const gateway = server.Gateway.create(gatewayOptions());
const metrics = node.prometheusMetrics();

/** All that is exported; what listens does so at a free port, and ends at once. */
export const serverCalls: PublicCalls = {
  "ModelServer.create": () => call(server.ModelServer.create, options()),
  "ModelServer#drain": () => invoke(made, "drain", new AbortController().signal),
  "ModelServer#dispose": () => invoke(made, "dispose"),
  "Gateway.create": () => call(server.Gateway.create, gatewayOptions()),
  "Gateway#drain": () => invoke(gateway, "drain", new AbortController().signal),
  "Gateway#dispose": () => invoke(gateway, "dispose"),
  listen: () => ({
    arguments: [{ fetch: made.fetch }, { host: "127.0.0.1", port: 0 }],
    run: async (...given: readonly unknown[]) => {
      const { close } = await Reflect.apply(node.listen, undefined, given);
      await close();
    },
  }),
  prometheusMetrics: () => call(node.prometheusMetrics),
  "prometheusMetrics#expose": () => invoke(metrics, "expose"),
};
