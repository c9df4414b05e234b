// POST /sample: a Gumbel-Softmax sample of the logits in the body, and the seed that gives it again.
// A plain fetch handler: Request in, Response out, nothing of any one host.

/** Largest body that is read, in bytes. */
export const MAX_BYTES = 2 ** 20;

/** Most numbers in an answer: rows x classes x draws. A body without `numSamples` cannot ask for more: a number takes two bytes. */
export const MAX_NUMBERS = 2 ** 19;

/** The fields of a body. All but `logits` are options of `gumbelSoftmax`; an option that is not listed here is not passed on. */
const FIELDS = new Set(
  "logits tau temperature temp hard dim seed noiseScale rowOffset classOffset invalid numSamples".split(" "),
);

// curl waits a second for a "100 Continue" before it sends.
/** How much of a refused body is taken in and dropped, in bytes and in milliseconds. */
const MOST_DROPPED = { bytes: 2 ** 24, time: 2000 };

/** The handler over an instance of gumbel-softmax. */
export function createHandler(gs, maxBytes = MAX_BYTES) {
  return async (request) => {
    try {
      const response = await answer(request, gs, maxBytes);
      await drop(request.body);
      return response;
    } catch (error) {
      console.error(error); // for the log of the host; the client learns nothing of it
      return refuse(500, "internal error");
    }
  };
}

async function answer(request, gs, maxBytes) {
  if (new URL(request.url).pathname !== "/sample") return refuse(404, "path: expected /sample, got another");
  if (request.method !== "POST") {
    return refuse(405, `method: expected POST, got ${request.method}`, { allow: "POST" });
  }
  const bytes = await read(request, maxBytes);
  if (bytes === undefined) return refuse(413, `body: expected at most ${maxBytes} bytes, got more`);
  const body = parse(bytes);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return refuse(400, `body: expected a JSON object, got ${kindOf(body)}`);
  }

  let y;
  try {
    const { logits, ...options } = fieldsOf(body);
    checkWork(logits, options.numSamples);
    y = gs.gumbelSoftmax(logits, options);
  } catch (error) {
    if (isRefusal(error)) return refuse(400, error.message);
    throw error;
  }
  // JSON.stringify writes the digits that read back to the same f64, so to the same f32.
  return Response.json({
    sample: Array.from(y.data),
    shape: y.shape,
    indices: Array.from(y.indices),
    seed: String(y.seed), // 64 bits, more than a JSON number holds
  });
}

/** The bytes of the body; undefined for more than maxBytes, of which no more is kept. */
async function read(request, maxBytes) {
  if (Number(request.headers.get("content-length")) > maxBytes) return undefined;
  const chunks = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let next = await reader?.read(); next && !next.done; next = await reader.read()) {
    length += next.value.byteLength; // a chunked body does not tell it before
    if (length > maxBytes) break;
    chunks.push(next.value);
  }
  reader?.releaseLock();
  return length > maxBytes ? undefined : new Blob(chunks).arrayBuffer();
}

/** Takes in what is left of a body: a client that is cut off while it sends may not see the answer. */
async function drop(body) {
  if (!body) return;
  const reader = body.getReader();
  const stop = () => reader.cancel().catch(() => {});
  const late = setTimeout(stop, MOST_DROPPED.time);
  try {
    for (let left = MOST_DROPPED.bytes; left > 0; ) {
      const { done, value } = await reader.read();
      if (done) break;
      left -= value.byteLength;
    }
  } catch {
    // Time is up, as some hosts say it, or the client has gone.
  }
  clearTimeout(late);
  await stop();
}

/** The JSON value in UTF-8 bytes; undefined if there is none. */
function parse(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined; // what an engine says of it differs from host to host
  }
}

function kindOf(body) {
  if (body === undefined) return "what is no JSON";
  if (body === null) return "null";
  return Array.isArray(body) ? "an array" : `a ${typeof body}`;
}

/** The body's fields, all of them known. An option that is null is left out: it stands for the default. */
function fieldsOf(body) {
  const fields = {};
  for (const [name, value] of Object.entries(body)) {
    if (!FIELDS.has(name)) {
      throw new TypeError(
        `${shortened(name)}: expected one of the fields ${[...FIELDS].join(", ")}, got an unknown field`,
      );
    }
    if (value !== null || name === "logits")
      fields[name] = name === "seed" || name === "rowOffset" ? integerOf(value) : value;
  }
  return fields;
}

function shortened(name) {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}

/** A decimal string as a bigint; anything else is for the library to judge. 2^64 has 20 digits. */
function integerOf(value) {
  return typeof value === "string" && /^\d{1,20}$/.test(value) ? BigInt(value) : value;
}

/**
 * Bounds rows x classes x draws before anything is computed. An empty result counts as one number a draw. What is not a count, or not
 * an array, is for the library to judge.
 */
function checkWork(logits, draws = 1) {
  const numbers =
    Math.max(1, count(Array.isArray(logits) ? logits : logits?.data)) * (typeof draws === "number" ? draws : 1);
  if (numbers > MAX_NUMBERS) {
    throw new RangeError(`body: expected rows x classes x draws of at most ${MAX_NUMBERS}, got ${numbers}`);
  }
}

/** Number of elements of nested arrays. With a list of its own, not by recursion: JSON may nest deeper than the stack reaches. */
function count(array) {
  if (!Array.isArray(array)) return 0;
  let elements = 0;
  const open = [array];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const element of next) {
      if (Array.isArray(element)) open.push(element);
      else elements++;
    }
  }
  return elements;
}

/** Whether the library refused an argument: every message of that kind has this form. */
function isRefusal(error) {
  return (error instanceof TypeError || error instanceof RangeError) && /: expected .+, got /s.test(error.message);
}

function refuse(status, error, headers = {}) {
  return Response.json({ error }, { status, headers });
}
