import { type Kind, option } from "../option.js";
import { count, text, texts, wholeNumber, yesNo } from "../option-kinds.js";

const port: Kind<number> = {
  ...wholeNumber(0),
  expected: "a whole number up to 65535",
  fits: (value): value is number =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 16,
};

/** How a model is served. */
export const serveOptions = {
  host: option(text("address"), {
    default: "127.0.0.1",
    help: "the address to listen on; 0.0.0.0 is all of this machine's",
  }),
  port: option(port, { default: 8080, help: "the port to listen on; 0 is any that is free" }),
  allowedHost: option(texts("name"), {
    default: [],
    defaultText: "localhost and addresses",
    help: "a name under which requests may come, as in their Host header; may be given several times",
  }),
  apiKey: option(text("key"), {
    defaultText: "the environment's TUNEBERT_API_KEY, if any",
    help: "what requests must bring as Authorization: Bearer",
  }),
  threads: option(count, { defaultText: "physical cores", help: "threads to use" }),
  quantized: option(yesNo, {
    default: false,
    help: "multiply bytes: two to three times as fast, and nearly as accurate",
  }),
  maxWait: option(wholeNumber(0), {
    default: 0,
    help: "milliseconds that a request waits for others to be answered with, where nothing is being answered",
  }),
  batchTokens: option(count, { default: 4096, help: "most tokens that are answered together" }),
  maxQueue: option(count, {
    default: 1000,
    help: "most examples that wait; requests beyond them are told to come back",
  }),
  maxExamples: option(count, { default: 100, help: "most examples in a request" }),
  maxBody: option(count, { default: 2 ** 20, help: "most bytes of a request" }),
  maxCharacters: option(count, { default: 100_000, help: "most characters of a text" }),
  timeout: option(count, {
    default: 30,
    help: "seconds until a request must have come, and again until it must have been answered",
  }),
};
