import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { TunebertError } from "../error.js";
import { checkOptions, type GivenOptions } from "../option.js";
import { threads } from "../runtime/threads/threads.js";
import { systemReason } from "../system-error.js";
import { createApp } from "./app.js";
import type { LoggedRequest } from "./logged-request.js";
import { ServerMetrics } from "./metrics.js";
import { serveOptions } from "./options.js";
import { ServedModel } from "./served-model.js";

/** What is served, and how. */
export interface ServeOptions extends GivenOptions<typeof serveOptions> {
  /** The folder of the model. */
  readonly model: string;
  /** Is given each request when it is answered. */
  readonly onRequest?: ((request: LoggedRequest) => void) | undefined;
}

/** A server that runs. */
export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /**
   * Reads the model's folder again, and answers with what is there once it is ready; until then, and where that fails, with what it has.
   * @throws TunebertError that says why it cannot be read
   */
  reload(): Promise<void>;
  /** Takes no more requests, answers those that it has, and ends. */
  close(): Promise<void>;
}

/**
 * Serves a trained model over HTTP: `POST /predict` (`{ text, textPair }` or a list of them, or text-embeddings-inference's form),
 * a page to try it at `/`, `/health`, `/metrics`, `/openapi.json`.
 * @throws TunebertError when an option is not what it may be, the folder holds no model, or the address is not to be had
 * @example
 * const server = await serve({ model: "nli", port: 0 });
 * const body = JSON.stringify({ text: "A dog runs .", textPair: "An animal moves ." });
 * const headers = { "content-type": "application/json" };
 * const answer = await fetch(`${server.url}/predict`, { method: "POST", headers, body });
 * console.log(answer.status); // 200
 * await server.close();
 */
export async function serve({ model: folder, onRequest, ...given }: ServeOptions): Promise<RunningServer> {
  const options = checkOptions(serveOptions, given);
  const { quantized, host, port, timeout } = options;
  const metrics = new ServerMetrics(() => served.waiting);
  const load = () =>
    ServedModel.load(folder, {
      ...options,
      quantized,
      device: threads(options.threads),
      onBatch: (batch) => metrics.batch(batch),
    });
  let served = await load();
  let isClosing = false;
  const app = createApp({
    ...options,
    metrics,
    served: () => served,
    isClosing: () => isClosing,
    log: (request) => onRequest?.(request),
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: timeout * 1000,
      requestTimeout: timeout * 1000,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: 65_000,
    },
  }) as Server;
  server.maxConnections = MOST_CONNECTIONS;
  try {
    await listen(server, host, port);
  } catch (error) {
    await served.close();
    throw error;
  }
  let reloading: Promise<void> = Promise.resolve();
  const takeOver = async () => {
    try {
      const next = await load();
      const before = served;
      served = next;
      metrics.reload("taken");
      await before.close();
    } catch (error) {
      metrics.reload("failed");
      throw error;
    }
  };
  return {
    url: urlOf(server, host),
    reload() {
      const reloaded = reloading.then(takeOver);
      reloading = reloaded.catch(() => {});
      return reloaded;
    },
    async close() {
      isClosing = true;
      await reloading;
      const closed = new Promise((resolve) => server.close(resolve));
      // A connection is kept open for further requests once it has its answer.
      const timer = setInterval(() => server.closeIdleConnections(), 50);
      await closed;
      clearInterval(timer);
      await served.close();
    },
  };
}

/** Beyond these, connections are closed as they come. */
const MOST_CONNECTIONS = 4096;

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new TunebertError(
          (named) => `cannot listen on ${host}:${port}: ${systemReason(cause)}; choose another ${named}`,
          {
            option: "port",
            cause,
          },
        ),
      );
    });
    // The usual 511 connections that wait to be taken are soon too few, and whoever comes then is heard a second later.
    server.listen({ port, host, backlog: MOST_CONNECTIONS }, resolve);
  });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
