import { TunebertError } from "../error.js";
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
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    throw new TunebertError(
      `${name.toUpperCase()} is "${value}"; expected a proxy's address, like http://proxy.example.org:3128`,
    );
  }
  return address;
}

function variable(name: string): string | undefined {
  return process.env[name] || process.env[name.toUpperCase()] || undefined;
}
