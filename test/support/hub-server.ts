/** A server that speaks the protocol of the Hugging Face hub, with large files on another server. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, relative } from "node:path";
import { localServer, serve } from "./http-server.js";

export interface HubRepository {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Of these only the bearer of a token is given any. */
  readonly token?: string;
  /** What others are answered. */
  readonly refusal?: { readonly status: number; readonly code?: string };
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** Files at least so large are kept elsewhere. */
const LARGE = 10_000;

export interface HubServer {
  readonly url: string;
  /** What was asked for: `HEAD org/name main config.json`. */
  readonly asked: string[];
  /** What the other server was asked, with its headers. */
  readonly stored: IncomingMessage[];
}

export interface HubServerOptions {
  /** Bytes after which the first answer with a large file is cut. */
  readonly cutAfter?: number;
  /** Changes what is sent instead of a file. */
  readonly send?: (file: string, bytes: Uint8Array) => Uint8Array;
  /** Changes the headers of an answer. */
  readonly headers?: (file: string) => Record<string, string>;
}

export async function hubServer(
  repositories: Readonly<Record<string, HubRepository>>,
  options: HubServerOptions = {},
): Promise<HubServer> {
  const { send = (_, bytes) => bytes, headers = () => ({}) } = options;
  const asked: string[] = [];
  const byHash = new Map<string, Uint8Array>();
  let cuts = options.cutAfter === undefined ? 0 : 1;
  const store = await localServer((request, response) => {
    const bytes = byHash.get(request.url!.slice(1))!;
    const cutAfter = cuts-- > 0 ? options.cutAfter : undefined;
    serve(bytes, { etag: '"store"', ...(cutAfter !== undefined && { cutAfter }) })(request, response);
  });
  const hub = await localServer((request, response) => {
    const [, repository = "", revision = "", file = ""] =
      /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url!) ?? [];
    asked.push(`${request.method} ${repository} ${revision} ${file}`);
    const found = repositories[repository];
    if (found === undefined) return refuse(response, 404, "RepoNotFound");
    if (found.token !== undefined && request.headers.authorization !== `Bearer ${found.token}`) {
      return refuse(response, found.refusal?.status ?? 401, found.refusal?.code);
    }
    if (revision !== "main" && revision !== COMMIT) return refuse(response, 404, "RevisionNotFound");
    const bytes = found.files.get(file);
    if (bytes === undefined) return refuse(response, 404, "EntryNotFound");
    const sent = send(file, bytes);
    if (bytes.length < LARGE) {
      const own = { "x-repo-commit": COMMIT, ...headers(file) };
      return serve(sent, { etag: `"${gitHash(bytes)}"`, headers: own })(request, response);
    }
    const hash = createHash("sha256").update(bytes).digest("hex");
    byHash.set(hash, sent);
    const linked = { "x-linked-etag": `"${hash}"`, "x-linked-size": String(bytes.length) };
    const location = `${store.url}/${hash}`;
    response.writeHead(302, { location, "x-repo-commit": COMMIT, ...linked, ...headers(file) }).end();
  });
  return { url: hub.url, asked, stored: store.requests };
}

function refuse(response: ServerResponse, status: number, code?: string): void {
  response.writeHead(status, code === undefined ? {} : { "x-error-code": code }).end();
}

function gitHash(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** The files of a folder by their paths in it. */
export function filesIn(folder: string): ReadonlyMap<string, Uint8Array> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  const files = paths.filter((path) => statSync(path).isFile());
  return new Map(files.map((path) => [relative(folder, path), readFileSync(path)]));
}
