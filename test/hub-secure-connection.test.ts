import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { TunebertError } from "../src/error.js";
import { download } from "../src/hub/fetch/download.js";
import type { HttpFetch } from "../src/hub/fetch/http.js";
import { temporaryFolder } from "./support/command.js";
import { localServer, serve } from "./support/http-server.js";

const root = temporaryFolder();
let runs = 0;
let attempts = 0;

beforeEach(() => {
  attempts = 0;
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});

/** The message of a download that has to fail, and how often it was tried. */
async function failure(url: string, fetch: HttpFetch = globalThis.fetch): Promise<[string, number]> {
  const counting: HttpFetch = (...args) => {
    attempts++;
    return fetch(...args);
  };
  const patience = { attempts: 3, sleep: async () => {} };
  const path = join(root, `run-${runs++}`, "file");
  const error = await download({ url, path, fetch: counting, patience }).catch((error) => error);
  expect(error).toBeInstanceOf(TunebertError);
  return [error.message, attempts];
}

/** As `fetch` fails. */
function failing(code: string | undefined, message: string): HttpFetch {
  const cause = Object.assign(new Error(message), code && { code });
  return () => Promise.reject(new TypeError("fetch failed", { cause }));
}

test("a certificate that nobody vouches for is not tried again", async () => {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (_, response) => response.end("file"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `https://me:secret@localhost:${(server.address() as AddressInfo).port}/x`;
  const [message, times] = await failure(url);
  expect(message).toMatch(
    /^cannot download https:\/\/localhost:\d+\/x: the server's certificate .*self-signed.*NODE_EXTRA_CA_CERTS/,
  );
  expect(times).toBe(1);
});

test("a server that does not speak https is not asked again", async () => {
  const { url } = await localServer(serve(Buffer.from("file")));
  const [message, times] = await failure(url.replace("http:", "https:"));
  expect(message).toMatch(/no secure connection can be made .*speak https at this port\?$/);
  expect(times).toBe(1);
});

test.each([
  [
    "CERT_HAS_EXPIRED",
    "certificate has expired",
    /certificate is not to be trusted \(certificate has expired\)/,
  ],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Host: h. is not cert's CN", /certificate is not to be trusted \(Host: h/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify", /certificate is not to be trusted/],
  ["ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED", "certificate required", /no secure connection/],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "unsupported protocol", /no secure connection/],
  ["EPROTO", "wrong version number", /no secure connection/],
  ["ERR_INVALID_URL", "Invalid URL", /the address is wrong/],
  [undefined, "unknown scheme", /the address is wrong/],
  [undefined, "bad port", /the port is one that is never asked/],
  [undefined, "Proxy response (407) !== 200 when HTTP Tunneling", /the proxy wants a user name/],
])("a failure that lasts, %s, is not tried again: %s", async (code, said, message) => {
  expect(await failure("https://h/", failing(code, said))).toEqual([expect.stringMatching(message), 1]);
});

test.each([
  ["ECONNRESET", "read ECONNRESET", /the connection was cut \(3 attempts\)/],
  ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "bad record mac", /bad record mac \(3 attempts\)/],
])("a failure that passes, %s, is tried again", async (code, said, message) => {
  expect(await failure("https://h/", failing(code, said))).toEqual([expect.stringMatching(message), 3]);
});

test.each([
  ["ftp://h/x", /ftp:\/\/h\/x is no address to download from: expected https or http, found ftp:/],
  ["http://h:0/x", /port 0/],
  ["http://h:99999/x", /^http:\/\/… is no address .*expected one like/],
  ["nonsense", /expected https:\/\/ or http:\/\/ at its start/],
])("an address that is none, %s, is not asked for", async (url, message) => {
  expect(await failure(url)).toEqual([expect.stringMatching(message), 0]);
});

test("nor is one that a redirect names", async () => {
  const location = "http://h:0/";
  const fetch: HttpFetch = async () => ({ status: 302, headers: new Headers({ location }), body: null });
  expect(await failure("http://h/", fetch)).toEqual([expect.stringMatching(/port 0/), 1]);
});

/** Made for this test, of localhost and signed by itself: it protects nothing. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZxRpei566Xn/IdJy
Rvr/3JdV4KLpGx3gTNrhP/sM7juhRANCAATAvl8w0ajEcaZpe4QoDsJxw9Ps2Pku
/X1i24T/UzNpeEjyyXuc4QXcr6tw/7Oq8uu/965tXThRkTsIAAT6ZskS
-----END PRIVATE KEY-----`;

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUI9opKqKY3mbW2cTFtgCtGhuzBHowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjAxNDMxMVoYDzIxMjYxMTAy
MDE0MzExWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATAvl8w0ajEcaZpe4QoDsJxw9Ps2Pku/X1i24T/UzNpeEjyyXuc4QXc
r6tw/7Oq8uu/965tXThRkTsIAAT6ZskSo1MwUTAdBgNVHQ4EFgQUiZ+JBMFNQbSX
QD9gXZ/3UKbwg1gwHwYDVR0jBBgwFoAUiZ+JBMFNQbSXQD9gXZ/3UKbwg1gwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBZw5dvAHm2Jitx6p7IyT/M
AVJ4S+KOFeGh9kGpg4L/8QIhAIzICpu0Uzi7Nzs6MaR2vjMgzK+bQRV1Gch7MPO9
MbBd
-----END CERTIFICATE-----`;
