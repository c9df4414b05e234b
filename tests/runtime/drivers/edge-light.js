// An edge function that answers every request by running the cases.
import * as library from "gumbel-softmax";
import module from "gumbel-softmax/kernels.wasm?module";
import { runCases } from "./cases.js";

async function answer({ url }) {
  const threads = Number(new URL(url).searchParams.get("threads"));
  return Response.json(await runCases(library, { threads, module }));
}

addEventListener("fetch", (event) => {
  const failed = (error) => new Response(String(error), { status: 500 });
  event.respondWith(answer(event.request).catch(failed));
});
