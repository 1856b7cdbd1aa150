import type { IncomingMessage, ServerResponse } from "node:http";
import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { labelsOf, taskOf } from "../data/answers.js";
import { TunebertError } from "../error.js";
import type { OptionValues } from "../option.js";
import { hasKey, isKnownHost } from "./access.js";
import { servedAnswer, teiScores } from "./answers.js";
import { Overloaded, TooLate } from "./batcher.js";
import { tokenImportance } from "./importance.js";
import type { LoggedRequest } from "./logged-request.js";
import type { ServerMetrics } from "./metrics.js";
import { openApi } from "./openapi.js";
import type { serveOptions } from "./options.js";
import { pageFiles } from "./page/page-files.js";
import { BadRequest, readQuestions, TooLarge } from "./questions.js";
import type { ServedModel } from "./served-model.js";

/** What answers requests. */
export interface AppOptions extends OptionValues<typeof serveOptions> {
  /** The model that answers just now. */
  readonly served: () => ServedModel;
  readonly metrics: ServerMetrics;
  readonly log: (request: LoggedRequest) => void;
  /** Whether the server takes no more requests. */
  readonly isClosing: () => boolean;
}

type Env = {
  Bindings: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
  Variables: { examples?: number; failure?: string };
};

/** Routes, and what every request has to be. */
export function createApp(options: AppOptions): Hono<Env> {
  const { served, metrics } = options;
  const app = new Hono<Env>();
  app.use(logged(options));
  app.use(expectHost(options));
  app.get("/health", (c) => {
    const { name, failure } = served();
    if (options.isClosing()) return failed(c, 503, "Unhealthy", "the server is about to end");
    return failure === undefined
      ? c.json({ status: "ok", model: name })
      : failed(c, 503, "Unhealthy", failure.message);
  });
  const guarded = secureHeaders({
    contentSecurityPolicy: PAGE_POLICY,
    crossOriginResourcePolicy: "same-origin",
  });
  for (const [path, { type, content }] of Object.entries(pageFiles())) {
    app.get(path, guarded, (c) =>
      c.body(content, 200, { "content-type": type, "cache-control": "no-cache" }),
    );
  }
  app.use(expectKey(options));
  app.get("/metrics", async (c) =>
    c.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  app.get("/openapi.json", (c) => c.json(openApi(served(), options)));
  app.get("/model", (c) => c.json(describeModel(served())));
  app.use(expectJson);
  app.post("/predict", (c) => predict(c, options));
  app.post("/explain", (c) => explain(c, options));
  app.notFound((c) => notFound(c, app));
  app.onError((error, c) => failure(error, c));
  return app;
}

/** All from here, and nothing else. */
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  connectSrc: ["'self'"],
  imgSrc: ["data:"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

async function predict(c: Context<Env>, options: AppOptions): Promise<Response> {
  // To read what will not be answered would take the time of what will.
  if (options.served().waiting >= options.maxQueue) throw new Overloaded();
  const body = await bodyOf(c, options);
  // From here to the queue nothing is waited for: a model that another takes the place of answers what it has in its queue.
  const served = options.served();
  const { questions, isList, tei } = readQuestions(body, { ...options, texts: served.texts });
  c.set("examples", questions.length);
  const rows = questions.map((question) => served.pack(question));
  if (tei?.truncate === false) {
    const long = rows.findIndex(({ truncated }) => truncated);
    if (long >= 0) {
      const { maxLength } = served.saved;
      throw new TooLarge(
        `example ${long + 1} has more than ${maxLength} tokens; pass "truncate": true, or shorten it`,
      );
    }
  }
  const logits = await served.answer(rows, wanted(c, options));
  const { answers, saved } = served;
  const all = logits.map((row) =>
    tei ? teiScores(row, answers, tei.rawScores) : servedAnswer(row, answers, saved.thresholds),
  );
  return c.json(isList ? all : all[0]!);
}

async function explain(c: Context<Env>, options: AppOptions): Promise<Response> {
  const body = await bodyOf(c, options);
  const served = options.served();
  const { questions } = readQuestions(body, { ...options, texts: served.texts, maxExamples: 1 });
  const row = served.pack(questions[0]!);
  c.set("examples", row.ids.length);
  if (row.ids.length > MOST_EXPLAINED) {
    throw new TooLarge(`the example has ${row.ids.length} tokens; at most ${MOST_EXPLAINED} are explained`);
  }
  // Those who ask for answers go before those who ask for reasons.
  if (served.waiting + row.ids.length > options.maxQueue / 2) throw new Overloaded();
  return c.json(await tokenImportance(served, row, wanted(c, options)));
}

/** Tokens of an example beyond which its answer is not explained: each costs as much as an answer. */
const MOST_EXPLAINED = 256;

/** Until when a request is worth an answer: until its time is over, or its caller has gone. */
function wanted({ env }: Context<Env>, { timeout }: AppOptions): () => boolean {
  const end = performance.now() + timeout * 1000;
  return () => performance.now() < end && !env.outgoing.destroyed;
}

/** What the page needs to know. */
function describeModel({ name, texts, answers, saved }: ServedModel) {
  return { name, task: taskOf(answers), labels: labelsOf(answers), texts, maxLength: saved.maxLength };
}

type Next = () => Promise<void>;

function logged({ metrics, log }: AppOptions) {
  return async (c: Context<Env>, next: Next) => {
    const started = performance.now();
    c.header("x-content-type-options", "nosniff");
    await next();
    const milliseconds = performance.now() - started;
    const { status } = c.res;
    metrics.request(ROUTES.has(c.req.path) ? c.req.path : "other", status, milliseconds / 1000);
    log({
      ...{ time: new Date().toISOString(), method: c.req.method, path: c.req.path, status },
      milliseconds: Math.round(milliseconds * 10) / 10,
      examples: c.get("examples"),
      error: c.get("failure"),
    });
  };
}

/** Others are counted together: there is no end of them. */
const ROUTES = new Set(["/", "/predict", "/explain", "/health", "/metrics", "/openapi.json", "/model"]);

function expectHost({ allowedHost }: AppOptions) {
  return async (c: Context<Env>, next: Next) => {
    if (isKnownHost(c.req.header("host"), allowedHost)) return next();
    return failed(
      c,
      403,
      "Validation",
      "the Host header names another server; allow the name with --allowed-host",
    );
  };
}

function expectKey({ apiKey }: AppOptions) {
  return async (c: Context<Env>, next: Next) => {
    if (apiKey === undefined || hasKey(c.req.header("authorization"), apiKey)) return next();
    c.header("www-authenticate", "Bearer");
    return failed(c, 401, "Validation", "the key is missing or wrong; send it as Authorization: Bearer");
  };
}

async function expectJson(c: Context<Env>, next: Next) {
  if (c.req.method !== "POST") return next();
  if (/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) return next();
  return failed(c, 415, "Validation", "the body has to be application/json, as its content-type has to say");
}

function notFound(c: Context<Env>, app: Hono<Env>): Response {
  const methods = app.routes
    .filter(({ path, method }) => path === c.req.path && method !== "ALL")
    .map(({ method }) => method);
  if (methods.length === 0) return failed(c, 404, "Validation", "there is nothing here; see /openapi.json");
  c.header("allow", methods.join(", "));
  return failed(c, 405, "Validation", `${c.req.path} takes ${methods.join(", ")}`);
}

/** The answer to what went wrong; the words are the model's folder's and the request's, never the texts'. */
function failure(error: Error, c: Context<Env>): Response {
  if (error instanceof TooLarge) {
    c.header("connection", "close"); // the rest of the body is not read
    return failed(c, 413, "Validation", error.message);
  }
  if (error instanceof Overloaded || error instanceof TooLate) {
    c.header("retry-after", "1");
    return failed(c, 503, "Overloaded", `${error.message}; come back later`);
  }
  if (error instanceof BadRequest) return failed(c, 400, "Validation", error.message);
  c.set("failure", error.message);
  return failed(
    c,
    500,
    "Backend",
    error instanceof TunebertError ? error.message : "the server failed; its log says why",
  );
}

/** The text of a body, read as Node has it: a `Request` made of it takes as long as a small model's answer. */
async function bodyOf({ env: { incoming } }: Context<Env>, { maxBody }: AppOptions): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    // To destroy what is not read would be to lose the answer.
    for await (const piece of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > maxBody) throw new TooLarge(`the body has more than ${maxBody} bytes`);
      pieces.push(piece);
    }
  } catch (cause) {
    throw cause instanceof TooLarge ? cause : new BadRequest("the body did not come whole", { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
  } catch (cause) {
    throw new BadRequest("the body is not valid UTF-8", { cause });
  }
}

type Status = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 500 | 503;

/** As text-embeddings-inference tells of errors. */
function failed(c: Context, status: Status, error_type: string, error: string): Response {
  return c.json({ error, error_type }, status);
}
