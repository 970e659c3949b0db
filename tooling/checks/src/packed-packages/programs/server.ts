import { ModelServer } from "@papilio/server";
import { listen, prometheusMetrics } from "@papilio/server/node";

// There is no model without another package: what can be done is to refuse that, to listen, and to count.
const refusal: unknown = await ModelServer.create({ models: [] }).catch((error) => error.code);
const metrics = prometheusMetrics();
metrics.request("/", 200, 0.5);
const { port, close } = await listen(
  { fetch: async () => new Response((await metrics.expose()).body) },
  { port: 0 },
);
const answer = await fetch(`http://127.0.0.1:${port}/`);
const text = await answer.text();
await close();
console.log(
  JSON.stringify({
    refuses: refusal === "OPTION_INVALID",
    counts: text.includes('papilio_request_seconds_sum{route="/",status="200"} 0.5'),
  }),
);
