import { connect, type NatsConnection } from "@nats-io/transport-node";
import { PapilioError } from "@papilio/butterfly";
import { describeValue } from "@papilio/butterfly/errors";

/** The help of `--nats`, which is where it is in every command that has it. */
export const NATS_HELP = "the address of a NATS server with JetStream, nats://HOST:4222";

/** Milliseconds that a server has to answer at first. Afterwards a lost connection is made again for ever. */
const PATIENCE = 5000;

/**
 * Connects to a NATS server. A connection that is lost is made again, until it is closed.
 *
 * @param address `nats://` or `tls://`, with a name and a password, or a token, where the server wants them
 * @param name that the server shows for this connection
 * @throws PapilioError `FLAG_INVALID` for what is no such address; `NATS_UNREACHABLE`
 */
export async function connectToNats(address: string, name: string): Promise<NatsConnection> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "") {
    throw new PapilioError(
      "FLAG_INVALID",
      `--nats is ${describeValue(address)}, which is not the address of a NATS server.`,
      "Give it as nats://HOST:4222, or tls://HOST:4222.",
    );
  }
  try {
    return await connect({
      servers: url.host,
      name,
      ...loginOf(url),
      ...(url.protocol === "tls:" ? { tls: {} } : {}),
      timeout: PATIENCE,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
    });
  } catch (cause) {
    throw new PapilioError(
      "NATS_UNREACHABLE",
      `There is no NATS server at ${url.host}: ${(cause as Error).message}.`,
      "Start one with `nats-server -js`, or give the address of one.",
      { cause },
    );
  }
}

/** A name without a password is a token. */
function loginOf({ username, password }: URL): object {
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  if (user === "") return {};
  return pass === "" ? { token: user } : { user, pass };
}
