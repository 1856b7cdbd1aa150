import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { TunebertError } from "../../error.js";
import { showAddress } from "../files/address.js";
import { isWebAddress } from "./artifact-source.js";

/** What the environment says of the Hugging Face hub, in the variables that its Python library reads. */
export interface HubSettings {
  /** Address without a slash at its end. */
  readonly endpoint: string;
  /** The folder in which models are kept. */
  readonly cache: string;
  readonly token: string | undefined;
  readonly offline: boolean;
}

/** @throws TunebertError when `HF_ENDPOINT` is no web address */
export async function hubSettings(): Promise<HubSettings> {
  const { HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, XDG_CACHE_HOME } = process.env;
  const endpoint = (HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
  if (!isWebAddress(endpoint)) {
    throw new TunebertError(
      `HF_ENDPOINT is "${showAddress(endpoint)}"; expected an address like https://huggingface.co`,
    );
  }
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return {
    endpoint,
    cache: resolve(expandHome(HF_HUB_CACHE || join(home, "hub"))),
    token: await tokenIn(expandHome(home)),
    offline: /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE ?? ""),
  };
}

async function tokenIn(home: string): Promise<string | undefined> {
  const { HF_TOKEN, HF_TOKEN_PATH } = process.env;
  const text =
    HF_TOKEN || (await readFile(expandHome(HF_TOKEN_PATH || join(home, "token")), "utf8").catch(() => ""));
  const token = text.trim();
  if (token === "" || /^[\x21-\x7e]+$/.test(token)) return token || undefined;
  throw new TunebertError("the token of the Hugging Face hub (HF_TOKEN) holds characters that no token has");
}

function expandHome(path: string): string {
  return path.replace(/^~(?=$|[/\\])/, homedir());
}
