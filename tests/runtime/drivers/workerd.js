// A Worker that answers every request by running the cases.
import * as library from "gumbel-softmax";
import module from "gumbel-softmax/kernels.wasm";
import { runCases } from "./cases.js";

export default {
  async fetch(request) {
    const threads = Number(new URL(request.url).searchParams.get("threads"));
    return Response.json(await runCases(library, { threads, module }));
  },
};
