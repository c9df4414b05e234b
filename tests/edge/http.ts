// A client on node:http, which sends just what it is told to, and hears an answer that comes before the body has ended.

import { type Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly allow: string | undefined;
  readonly text: string;
}

export interface Outgoing {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string | Uint8Array;
  /** The Content-Length that is told; "none" sends the body in chunks. Default: that of the body. */
  readonly length?: number | "none";
  /** Default true; with false, the client sends the body and then waits, as if there were more to come. */
  readonly ends?: boolean;
  /** Default: a connection for this request alone. */
  readonly agent?: Agent;
}

/** Milliseconds without a byte, after which an answer counts as lost. */
const PATIENCE = 60_000;

export function send(url: URL, outgoing: Outgoing): Promise<Answer> {
  const { method = "POST", path = "/sample", body = "", ends = true, agent = false } = outgoing;
  const { length = Buffer.byteLength(body) } = outgoing;
  const headers = length === "none" ? { "transfer-encoding": "chunked" } : { "content-length": length };
  return new Promise((resolve, reject) => {
    const call = request(url, { method, path, headers, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const { "content-type": type, allow } = response.headers;
        resolve({ status: response.statusCode!, type, allow, text: Buffer.concat(parts).toString("utf8") });
        if (!ends) call.destroy();
      });
    });
    call.on("error", reject);
    call.setTimeout(PATIENCE, () => call.destroy(new Error(`no answer within ${PATIENCE} ms`)));
    call.write(body);
    if (ends) call.end();
  });
}
