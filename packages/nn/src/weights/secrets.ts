/** An address without its name, password, query and fragment: what may be a password or a token. */
export function withoutSecrets({ protocol, host, pathname }: URL): string {
  if (protocol === "data:") return protocol;
  // `name:password@host` has a scheme and no host.
  return host === "" ? protocol + afterLogin(pathname) : `${protocol}//${host}${pathname}`;
}

/** A text that may be an address, though none that can be read, without what may be a secret. */
export function withoutPassword(text: string): string {
  return text
    .replace(/^([a-z][a-z0-9+.-]*:\/*)?.*@/is, (_, scheme: string | undefined) => scheme ?? "")
    .replace(/[?#].*$/s, "");
}

/** Errors that one leads to, at most. */
const MOST_CAUSES = 4;

/**
 * An error as a cause of ours: its message, code and causes, without an address's secrets. Errors of
 * `fetch` and of `URL` may hold the whole address, in fields of their own too.
 */
export function withoutSecretsOf(secrets: readonly string[], error: unknown): Error {
  const masked = (text: unknown): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, "***"), withoutLogins(String(text)));
  const copy = (one: unknown, depth: number): Error => {
    const { name, message, stack, code, cause } = Object(one) as Error & { code?: unknown };
    const options =
      cause === undefined || depth === MOST_CAUSES ? undefined : { cause: copy(cause, depth + 1) };
    const result = new Error(masked(message ?? one), options);
    if (typeof name === "string") result.name = name;
    if (typeof code === "string") Object.assign(result, { code });
    if (typeof stack === "string") result.stack = masked(stack);
    return result;
  };
  return copy(error, 1);
}

/** What of an address no error may tell: longer first, as one may be in another. */
export function secretsOf({ host, pathname, username, password, search, hash }: URL): string[] {
  const login = username === "" ? "" : `${username}:${password}`;
  const before = host === "" ? pathname.slice(0, -afterLogin(pathname).length) : "";
  const parts = [password, login, before, search, hash];
  return [...new Set([...parts, ...parts.map(decoded)])]
    .filter((part) => part.length > 1)
    .sort((p, q) => q.length - p.length);
}

/** A part of an address without its percent signs, unless they mean nothing. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function afterLogin(text: string): string {
  return text.slice(text.lastIndexOf("@") + 1);
}

/** A text without names and passwords of the addresses in it. */
function withoutLogins(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1");
}
