import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { BrowserThread } from "./browser-thread.ts";
import type { ThreadProgram } from "./thread.ts";

/** A worker that answers nothing by itself. */
class FakeWorker {
  static opened: FakeWorker[] = [];
  readonly posted: unknown[] = [];
  terminated = false;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onerror: (event: { message: string; preventDefault: () => void }) => void = () => undefined;
  readonly url: string;
  constructor(url: string | URL) {
    this.url = String(url);
    FakeWorker.opened.push(this);
  }
  postMessage(message: unknown): void {
    this.posted.push(message);
  }
  terminate(): void {
    this.terminated = true;
  }
  fail(message = ""): void {
    this.onerror({ message, preventDefault: () => undefined });
  }
}

let programs = 0;
let responses: unknown[];
let failures: string[];
const events = {
  onResponse: (response: unknown) => void responses.push(response),
  onFailure: (reason: string) => void failures.push(reason),
};

beforeEach(() => {
  FakeWorker.opened = [];
  responses = [];
  failures = [];
  vi.stubGlobal("Worker", FakeWorker);
});
afterEach(() => vi.unstubAllGlobals());

/** What did not load is remembered by name: each test has its own. */
function program(changes: Partial<ThreadProgram> = {}): ThreadProgram {
  return {
    name: `program-${programs++}`,
    siblingUrl: import.meta.url,
    openInBrowser: () => new Worker("file.js"),
    inlined: () => Promise.resolve({ source: "text" }),
    ...changes,
  };
}

const worker = (index: number): FakeWorker => FakeWorker.opened[index] as FakeWorker;
const opened = (count: number): Promise<void> =>
  vi.waitFor(() => expect(FakeWorker.opened).toHaveLength(count));

it("starts the file, and nothing else where it answers", async () => {
  const thread = new BrowserThread(program(), events);
  thread.post("one");
  worker(0).onmessage({ data: "ready" });
  worker(0).fail("later");
  await Promise.resolve();
  expect(FakeWorker.opened.map(({ url }) => url)).toEqual(["file.js"]);
  expect([worker(0).posted, responses, failures]).toEqual([["one"], ["ready"], ["later"]]);
});

it("starts the text where the file does not load, and posts again what was posted", async () => {
  const once = program();
  const thread = new BrowserThread(once, events);
  thread.post("one");
  worker(0).fail();
  thread.post("two");
  await opened(2);
  thread.post("three");
  expect(worker(1).url).toMatch(/^blob:/);
  expect(worker(0).terminated).toBe(true);
  expect(worker(1).posted).toEqual(["one", "two", "three"]);
  worker(1).onmessage({ data: "ready" });
  expect([responses, failures]).toEqual([["ready"], []]);
  // The next one of the program does not try the file.
  new BrowserThread(once, events);
  await opened(3);
  expect(worker(2).url).toMatch(/^blob:/);
});

it("starts the text where the file is of another origin", async () => {
  const openInBrowser = (): Worker => {
    throw new Error("SecurityError");
  };
  new BrowserThread(program({ openInBrowser }), events).post("one");
  await opened(1);
  expect([worker(0).url.slice(0, 5), worker(0).posted]).toEqual(["blob:", ["one"]]);
});

it("fails once, with both reasons, where neither loads", async () => {
  new BrowserThread(program(), events);
  worker(0).fail("no file");
  await opened(2);
  worker(1).fail("no text");
  expect(failures).toEqual(["no file no text"]);
});

it.each<[string, () => Promise<{ source: string }>, string]>([
  ["has no text", () => Promise.resolve({ source: "" }), "It could not be loaded."],
  ["cannot load its text", () => Promise.reject(new Error("offline")), "offline"],
])("fails where the package %s", async (_, inlined, reason) => {
  new BrowserThread(program({ inlined }), events);
  worker(0).fail("no file");
  await vi.waitFor(() => expect(failures).toEqual([`no file ${reason}`]));
});

it("starts nothing more once it is terminated", async () => {
  const thread = new BrowserThread(program(), events);
  worker(0).fail();
  thread.terminate();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(FakeWorker.opened).toHaveLength(1);
  expect(failures).toEqual([]);
});
