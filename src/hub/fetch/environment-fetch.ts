import { TunebertError } from "../../error.js";
import { showAddress } from "../files/address.js";
import type { HttpFetch } from "./http.js";

/**
 * The platform's `fetch`, through the proxy that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name (in capitals or
 * not), if any. Plain http is forwarded and not tunnelled: many proxies allow tunnels to https alone.
 * @throws TunebertError when a proxy's address is none
 */
export async function environmentFetch(): Promise<HttpFetch> {
  const httpProxy = proxyOf("http_proxy");
  const httpsProxy = proxyOf("https_proxy");
  if (!httpProxy && !httpsProxy) return globalThis.fetch;
  const noProxy = variable("no_proxy") ?? "";
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent({
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    noProxy,
    proxyTunnel: false,
  });
  return (url, init) => fetch(url, { ...init, dispatcher });
}

function proxyOf(name: string): string | undefined {
  const value = variable(name);
  if (!value) return undefined;
  const address = value.includes("://") ? value : `http://${value}`;
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address) || !isEncoded(new URL(address))) {
    throw new TunebertError(
      `${name.toUpperCase()} is "${showAddress(address)}"; expected a proxy's address, like ` +
        "http://proxy.example.org:3128, with each % in its user name and password written as %25",
    );
  }
  // Of a proxy's address, path and query mean nothing.
  const { protocol, username, password, host } = new URL(address);
  const credentials = username || password ? `${username}:${password}@` : "";
  return `${protocol}//${credentials}${host}`;
}

function isEncoded({ username, password }: URL): boolean {
  return [username, password].every((text) => !/%(?![0-9a-f]{2})/i.test(text));
}

function variable(name: string): string | undefined {
  return process.env[name] || process.env[name.toUpperCase()] || undefined;
}
