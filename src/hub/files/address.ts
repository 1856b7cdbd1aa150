import { TunebertError } from "../../error.js";

/**
 * An address for people: without user name, password, query and fragment, which may be secrets. What is no address
 * stays as it is; of what only looks like one, nothing stays that could hold a secret.
 */
export function showAddress(text: string): string {
  if (URL.canParse(text)) {
    const { protocol, host, pathname } = new URL(text);
    if (host) return `${protocol}//${host}${pathname}`;
  }
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme) return `${scheme}…`;
  return holdsSecrets(text) ? "…" : text;
}

/** What others say, with the addresses in it for people. */
export function showAddressesIn(message: string): string {
  return message.replaceAll(/[a-z][a-z0-9+.-]*:\/+[^\s"'<>]+/gi, showAddress);
}

/** Whether a name is meant as an address, be it one that is wrong. */
export function looksLikeAddress(name: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(name) || holdsSecrets(name);
}

/**
 * @throws TunebertError when it is no http or https address that can be asked for
 */
export function expectWebAddress(address: string): void {
  const wrong = whatIsWrong(address);
  if (wrong) {
    throw new TunebertError(`${showAddress(address)} is no address to download from: ${wrong}`);
  }
}

function whatIsWrong(address: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*:)\/\//i.exec(address)?.[1]?.toLowerCase();
  if (!scheme) return "expected https:// or http:// at its start";
  if (scheme !== "https:" && scheme !== "http:") return `expected https or http, found ${scheme}`;
  if (!URL.canParse(address)) {
    return (
      "expected one like https://example.org/file.zip, in whose user name and password each of : / ? # @ % is written " +
      "as its code, such as %40 for @"
    );
  }
  return new URL(address).port === "0" ? "nothing can be asked of port 0" : undefined;
}

/** Whether something without `https://` has a user name and a password, or a query, as addresses do. */
function holdsSecrets(text: string): boolean {
  return /^[^/\\\s:]{2,}:\S*@/.test(text) || /\?[^/\\?]*=/.test(text);
}
