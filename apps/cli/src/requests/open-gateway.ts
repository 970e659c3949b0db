import { type FrontendSettings, Gateway, type ModelServer } from "@papilio/server";
import { prometheusMetrics } from "@papilio/server/node";
import { connectToNats } from "../jobs/nats.ts";
import { NatsForwarder } from "./nats-forwarder.ts";

/** What the flags set of a server, wherever its models are. */
export type GatewaySettings = Required<Pick<FrontendSettings, "apiKey" | "limits" | "log">>;

/** What answers requests. */
export interface OpenedServer {
  readonly server: Pick<ModelServer, "fetch" | "drain" | "dispose">;
  /** What is served, for the user. */
  readonly what: string;
  close?(): Promise<void>;
}

/**
 * A server without a model, whose requests workers answer.
 *
 * @param address of a NATS server
 * @throws PapilioError what `connectToNats` throws; the signal's reason
 */
export async function openGateway(
  address: string,
  settings: GatewaySettings,
  signal: AbortSignal,
): Promise<OpenedServer> {
  signal.throwIfAborted();
  const connection = await connectToNats(address, "papilio serve");
  try {
    const forwarder = await NatsForwarder.open(connection);
    return {
      server: Gateway.create({ ...settings, forwarder, metrics: prometheusMetrics() }),
      what: `models of workers, by ${new URL(address).host},`,
      close: async () => {
        forwarder[Symbol.dispose]();
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
