import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";

/**
 * Whether a request comes under a name of this server's: an address, localhost, or one that it was told. A page elsewhere can have a
 * name of its own lead to this machine, and would otherwise speak to it from a visitor's browser ("DNS rebinding").
 * @param host the Host header
 */
export function isKnownHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  return isIP(name) !== 0 || name === "localhost" || allowed.some((one) => one.toLowerCase() === name);
}

/** The name in a Host header, without a port, and of an IPv6 address without its brackets. */
function hostName(host: string | undefined): string | undefined {
  const [, address, name] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@?#\s]+))(?::\d{1,5})?$/i.exec(host ?? "") ?? [];
  return (address ?? name)?.toLowerCase().replace(/\.$/, "");
}

/** Whether an Authorization header brings the key; how long that takes does not depend on the key. */
export function hasKey(authorization: string | undefined, key: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? "") ?? [];
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(key));
}
