import { TunebertError } from "../../error.js";
import { showAddress, showAddressesIn } from "../files/address.js";

/** A failure after which another attempt may succeed. */
export class PassingFailure extends Error {
  /** Seconds that the server asks to be left alone. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly retryAfter?: number | undefined } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
  }
}

/** What it means that `fetch` failed: a TunebertError where another attempt would fail as well. */
export function connectionFailure(error: unknown, url: string): PassingFailure | TunebertError {
  const { code = "", message, reason } = innermost(error);
  const said = showAddressesIn(typeof reason === "string" ? reason : message);
  const lasting = lastingReason(code, said);
  if (lasting) {
    return new TunebertError(`cannot download ${showAddress(url)}: ${lasting}`, { cause: error });
  }
  return new PassingFailure(REASONS[code] ?? (said || "the connection failed"), { cause: error });
}

interface SystemError extends Error {
  readonly code?: string;
  /** What OpenSSL says, without where in its source. */
  readonly reason?: unknown;
}

/** The innermost cause knows what `fetch failed` means. */
function innermost(error: unknown): SystemError {
  let cause = error as SystemError;
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause;
}

function lastingReason(code: string, message: string): string | undefined {
  const isTls = code === "EPROTO" || code.startsWith("ERR_SSL_");
  if (!isTls && CERTIFICATE.test(code)) {
    return (
      `the server's certificate is not to be trusted (${message || code}). Check the address and the computer's clock; ` +
      "where a proxy of your network signs for others, name its certificate in NODE_EXTRA_CA_CERTS"
    );
  }
  if (isTls && !DAMAGED_ON_THE_WAY.test(code)) {
    return `no secure connection can be made (${message || code}). Does the server speak https at this port?`;
  }
  if (/proxy/i.test(message) && /\b407\b/.test(message)) {
    return "the proxy wants a user name and a password. Give them in HTTP_PROXY and HTTPS_PROXY";
  }
  if (message === "bad port") return "the port is one that is never asked over http. Check the address";
  if (code === "ERR_INVALID_URL" || ADDRESS.test(message)) return "the address is wrong. Check it";
  return undefined;
}

/** Node's names for what OpenSSL finds wrong with a certificate. */
const CERTIFICATE =
  /CERT|^CRL_|^(HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|UNABLE_TO_(GET|DECODE|DECRYPT|VERIFY)_.*)$/;
const DAMAGED_ON_THE_WAY = /BAD_RECORD_MAC|DECRYPTION_FAILED/;
const ADDRESS = /invalid url|failed to parse url|unknown scheme|(unsupported|invalid) protocol/i;

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "the server's name is not known; is there a network?",
  EAI_AGAIN: "the server's name could not be looked up; is there a network?",
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  ENETUNREACH: "the network cannot be reached",
};
