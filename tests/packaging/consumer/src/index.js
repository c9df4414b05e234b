import { sample } from "./sample.js";

globalThis.answer = sample();
