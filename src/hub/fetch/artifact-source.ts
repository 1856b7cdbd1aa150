import { createHash } from "node:crypto";
import { basename } from "node:path";
import { TunebertError } from "../../error.js";
import { expectWebAddress, looksLikeAddress, showAddress } from "../files/address.js";
import { type Artifact, catalogNames, findArtifact } from "./catalog.js";
import { isArchiveName } from "./unpack-archive.js";

/** Where something that is asked for by name is to be had. */
export interface Source {
  /** For people: an address without what may be secret. */
  readonly name: string;
  /** A file name that no other source has: the same content is cached once. */
  readonly key: string;
  readonly fileName: string;
  readonly url: string;
  readonly sha1: string | undefined;
  readonly isArchive: boolean;
  /** The entry of the catalog, if it is one. */
  readonly artifact: Artifact | undefined;
}

export interface SourceOptions {
  /** Address of a folder that holds the catalog's archives under their own names; default `TUNEBERT_MIRROR`. */
  readonly mirror?: string | undefined;
  /** What the SHA-1 of an address's file has to be. The catalog knows its own. */
  readonly sha1?: string | undefined;
}

/**
 * @param name of the catalog, or an http or https address
 * @throws TunebertError when it is neither, or the mirror is no such address
 */
export function sourceOf(
  name: string,
  { mirror = process.env.TUNEBERT_MIRROR, sha1 }: SourceOptions,
): Source {
  if (sha1 !== undefined && !/^[0-9a-f]{40}$/i.test(sha1)) {
    throw new TunebertError(`"${sha1}" is not a SHA-1; expected 40 hexadecimal digits`, { option: "sha1" });
  }
  const artifact = findArtifact(name);
  if (artifact) {
    const fileName = fileNameOf(artifact.url);
    return {
      name,
      key: `${name}-${artifact.sha1.slice(0, KEY_DIGITS)}`,
      fileName,
      url: mirror ? inMirror(mirror, fileName) : artifact.url,
      sha1: artifact.sha1,
      isArchive: true,
      artifact,
    };
  }
  if (looksLikeAddress(name)) expectWebAddress(name);
  else {
    throw new TunebertError(
      `"${name}" is not in the catalog, which has ${catalogNames()}; nor is it a web address`,
    );
  }
  const fileName = fileNameOf(name);
  return {
    name: showAddress(name),
    key: `${fileName}-${createHash("sha256")
      .update(`${name} ${sha1 ?? ""}`)
      .digest("hex")
      .slice(0, KEY_DIGITS)}`,
    fileName,
    url: name,
    sha1: sha1?.toLowerCase(),
    isArchive: isArchiveName(fileName),
    artifact: undefined,
  };
}

export function isWebAddress(name: string): boolean {
  return /^https?:\/\//i.test(name) && URL.canParse(name);
}

const KEY_DIGITS = 12;
const LONGEST_FILE_NAME = 100;

/** The last part of an address, as a file name that every system takes; its ending tells the format. */
function fileNameOf(url: string): string {
  const last = basename(decoded(new URL(url).pathname)).slice(-LONGEST_FILE_NAME);
  return last.replace(/[^\w.-]/g, "_").replace(/^\.+/, "") || "download";
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function inMirror(mirror: string, fileName: string): string {
  if (!isWebAddress(mirror)) {
    throw new TunebertError(
      `the mirror "${showAddress(mirror)}" is not an address; expected one like https://example.org/models/`,
      { option: "mirror" },
    );
  }
  const folder = new URL(mirror);
  if (!folder.pathname.endsWith("/")) folder.pathname += "/";
  return new URL(fileName, folder).href;
}
