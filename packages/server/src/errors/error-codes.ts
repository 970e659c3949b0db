/** The error codes that @papilio/server adds: when each is thrown, and what to do. */
export interface ServerErrorCodes {
  // What is served

  /** Two models have one name, or a name is empty. Give each a name of its own. */
  SERVED_NAME: true;
  /** A model cannot be served as it is given. Give what the message names. */
  SERVED_MODEL: true;
  /** The template of a chat is not valid, or refuses the messages. Correct the template, or the messages. */
  CHAT_TEMPLATE: true;

  /** A server cannot listen at its address. Give another port, or an address of this machine. */
  LISTEN_FAILED: true;

  // Requests

  /** A request is not as its protocol has it. Correct what the message names. */
  REQUEST_INVALID: true;
  /** A request asks for something that is not computed here. Leave it out. */
  REQUEST_UNSUPPORTED: true;
  /** The body of a request is larger than the server takes. Send less at once. */
  REQUEST_TOO_LARGE: true;
  /** A request took longer than the server allows. Ask for less at once, or raise the limit. */
  REQUEST_TIMEOUT: true;
  /** The client of a request went away. Nobody is told. */
  REQUEST_ABORTED: true;
  /** A request has no API key, or a wrong one. Send the server's key as a bearer token. */
  API_KEY: true;
  /** There is no model of this name, or nothing at this address. Use one that the server lists. */
  NOT_SERVED: true;
  /** As much waits as the server lets wait. Try again after the time that the answer names. */
  QUEUE_FULL: true;
  /** No worker has the model that is asked for now. Try again when one is there. */
  NO_WORKER: true;
  /** As many workers as may try it did not come to the end of a request. Look for the reason in their logs. */
  WORKERS_FAILED: true;
  /** The server is about to end, and takes no more requests. Ask another one, or later. */
  SERVER_DRAINING: true;
}

declare module "@papilio/butterfly" {
  interface ErrorCodes extends ServerErrorCodes {}
}
