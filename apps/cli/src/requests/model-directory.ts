import type { Msg } from "@nats-io/transport-node";
import type { ModelHealth } from "@papilio/server";
import { PRESENCE } from "../jobs/messages.ts";

/** Presences that a worker may leave out before it counts as gone. */
const MISSED = 4;

/** Which models there are workers of, as these say themselves. */
export class ModelDirectory {
  /** Of each name the kinds of models, in the order in which they were heard of, with the time of the last word. */
  readonly #kinds = new Map<string, Map<string, number>>();

  /** A worker of a kind says that it is there. What is no name is not heard. */
  hear(kind: string | undefined, message: Pick<Msg, "string">): void {
    const name = message.string();
    if (kind === undefined || name === "" || name.length > 200) return;
    const kinds = this.#kinds.get(name) ?? new Map<string, number>();
    this.#kinds.set(name, kinds.set(kind, performance.now()));
  }

  /** All that there were, and whether there is a worker now. */
  models(): readonly ModelHealth[] {
    return [...this.#kinds].map(([name, kinds]) => ({
      name,
      ready: [...kinds.values()].some(isFresh),
    }));
  }

  /**
   * The kind that requests for a model go to: as long as it has workers, the first that was heard of, so that a newer
   * model of the same name takes over when the workers of the older one have gone.
   */
  kindOf(name: string): string | undefined {
    const kinds = this.#kinds.get(name) ?? new Map<string, number>();
    for (const [kind, time] of kinds) {
      if (isFresh(time)) return kind;
      kinds.delete(kind);
    }
    return undefined;
  }
}

function isFresh(time: number): boolean {
  return performance.now() - time < MISSED * PRESENCE;
}
