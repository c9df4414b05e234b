import { sample } from "./sample.js";

console.log(JSON.stringify(await sample()));
