// A small static server on the loopback: folders, texts and what a page posts back, with the headers that a path asks for.

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

export interface Site {
  /** Folders on the disk by the path they are served under, which ends in a slash: `{ "/dist/": "…/dist" }`. */
  dirs?: Record<string, string>;
  /** Bodies by path: `{ "/page.html": "<!doctype html>…" }`. They go before folders. */
  texts?: Record<string, string>;
  /** The headers of the answer at a path; the content type is known by the path's ending. */
  headers?: (path: string) => Record<string, string>;
  /** Takes what is posted to a path. */
  posted?: (path: string, body: string) => void;
}

export interface Server {
  /** Without a slash at the end: `http://127.0.0.1:PORT`. */
  url: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** The headers of a page, and of all that it loads, that may share memory between threads. */
export const ISOLATED: Record<string, string> = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".map": "application/json",
  ".wasm": "application/wasm",
};

/** Serves the site on a free port until it is closed. */
export async function serve(site: Site): Promise<Server> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    try {
      if (request.method === "POST") {
        site.posted?.(pathname, await bodyOf(request));
        response.writeHead(204).end();
        return;
      }
      const body = site.texts?.[pathname] ?? (await readFile(fileOf(site, pathname)));
      const type = TYPES[extname(pathname)] ?? "application/octet-stream";
      response.writeHead(200, { "content-type": type, ...site.headers?.(pathname) }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function fileOf(site: Site, path: string): string {
  const prefix = Object.keys(site.dirs ?? {}).find((prefix) => path.startsWith(prefix));
  if (prefix === undefined) throw new Error(`${path} is not served`);
  return join(site.dirs![prefix]!, path.slice(prefix.length));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}
