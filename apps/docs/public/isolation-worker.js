// Adds to documents and workers the headers that isolate a page, without which it has no shared memory and so no
// threads: for hosts of static files that send no headers of their own. See src/playground/isolate-page.ts.

const ISOLATED = ["document", "iframe", "worker", "sharedworker"];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (ISOLATED.includes(request.destination)) event.respondWith(isolated(request));
});

async function isolated(request) {
  const response = await fetch(request);
  // Redirects, which the browser follows itself, have neither a status nor headers.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
