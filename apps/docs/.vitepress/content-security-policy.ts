import { createHash } from "node:crypto";

/**
 * What pages may load and run: what the site itself serves, and the scripts within a page that it was built
 * with. Styles stand in attributes of code and drawings. The playground compiles WebAssembly, and its
 * threads may start from text. A host of static files sends no headers, so the policy stands in the page.
 */
function policy(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => {
    return `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
  });
  return [
    "default-src 'none'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...hashes].join(" "),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** The page with its policy, which stands before everything that it governs. */
export function withPolicy(html: string): string {
  const inline = [...html.matchAll(/<script\b(?![^>]*\bsrc=)[^>]*>(.*?)<\/script>/gs)];
  const content = policy(inline.map(([, script = ""]) => script));
  const meta = `<meta http-equiv="Content-Security-Policy" content="${content}">`;
  // Browsers look for the encoding in the first kilobyte.
  const charset = '<meta charset="utf-8">';
  if (!html.includes(charset)) throw new Error("A page does not begin with its encoding.");
  return html.replace(charset, () => `${charset}${meta}`);
}
