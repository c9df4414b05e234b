import { sample } from "./sample.js";

export default { fetch: async () => Response.json(await sample()) };
