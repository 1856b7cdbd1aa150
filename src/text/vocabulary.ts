import { TunebertError } from "../error.js";
import { compareCodePoints } from "./code-point-order.js";
import { showJson } from "./show-json.js";

/** The special tokens of every vocabulary that {@link Vocabulary.build} makes. */
export const SPECIAL_TOKENS = ["<unk>", "<pad>", "<mask>", "<cls>", "<sep>"] as const;

/**
 * The tokens a model knows; a token's id is its place in the list. `JSON.stringify` writes a `vocab.json`.
 * @example
 * const vocabulary = Vocabulary.build([["dog", 2], ["runs", 1]], 2);
 * console.log(vocabulary.token(vocabulary.id("dog"))); // dog
 * console.log(vocabulary.token(vocabulary.id("runs"))); // <unk>
 */
export class Vocabulary {
  /** Id of `<unk>`, which stands for every token that is not listed. */
  readonly unk: number;
  /** Id of `<pad>`, which fills up the shorter examples of a micro-batch. */
  readonly pad: number;
  /** Id of `<cls>`, with which every example begins. */
  readonly cls: number;
  /** Id of `<sep>`, which ends each of the two texts. */
  readonly sep: number;
  /** Only pretraining needs it; a vocabulary may do without. */
  readonly mask: number | undefined;
  readonly #tokens: readonly string[];
  readonly #ids: Map<string, number>;

  /**
   * @param tokens distinct tokens in the order of their ids, among them `<unk>`, `<pad>`, `<cls>` and `<sep>`
   * @param name what errors call the vocabulary, say its file
   * @throws TunebertError when a token occurs twice or one of the four is missing
   */
  constructor(tokens: readonly string[], name = "the vocabulary") {
    this.#tokens = [...tokens];
    this.#ids = idsByToken(this.#tokens, name);
    const [unk, pad, cls, sep] = REQUIRED_TOKENS.map((token) => this.#ids.get(token));
    if (unk === undefined || pad === undefined || cls === undefined || sep === undefined) {
      throw incomplete(this.#ids, name);
    }
    this.unk = unk;
    this.pad = pad;
    this.cls = cls;
    this.sep = sep;
    this.mask = this.#ids.get("<mask>");
  }

  /**
   * Reads a `vocab.json` of d2l: a JSON list of the tokens in the order of their ids.
   * @throws TunebertError when it is not such a list; `fileName` says which file it was
   */
  static parse(json: string, fileName: string): Vocabulary {
    const list = parseJson(json, fileName);
    if (!Array.isArray(list)) {
      throw new TunebertError(`${fileName} does not hold a vocabulary: expected a JSON list of tokens`);
    }
    const odd = list.findIndex((token) => typeof token !== "string");
    if (odd >= 0) {
      throw new TunebertError(
        `${fileName}: entry ${odd} of the vocabulary is ${showJson(list[odd])}; every token must be a string`,
      );
    }
    return new Vocabulary(list, fileName);
  }

  /**
   * The special tokens and every token seen at least `minFrequency` times, in code-point order: the order of
   * d2l's `Vocab`, so special tokens have no fixed place.
   * @param counts how often each token occurs
   */
  static build(counts: Iterable<readonly [token: string, count: number]>, minFrequency: number): Vocabulary {
    const tokens = new Set<string>(SPECIAL_TOKENS);
    for (const [token, count] of counts) {
      if (count >= minFrequency) tokens.add(token);
    }
    return new Vocabulary([...tokens].sort(compareCodePoints));
  }

  /** Number of tokens. */
  get size(): number {
    return this.#tokens.length;
  }

  /** The id of a token, or that of `<unk>` when it is not listed. */
  id(token: string): number {
    return this.#ids.get(token) ?? this.unk;
  }

  /**
   * The token with an id.
   * @throws TunebertError when `id` is not one of the vocabulary's, 0 to size - 1
   */
  token(id: number): string {
    const token = this.#tokens[id];
    if (token === undefined) {
      throw new TunebertError(`no token has the id ${id}; the vocabulary's ids are 0 to ${this.size - 1}`);
    }
    return token;
  }

  /** The tokens in the order of their ids. */
  toJSON(): string[] {
    return [...this.#tokens];
  }
}

function parseJson(json: string, fileName: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new TunebertError(`${fileName} is not JSON; a vocabulary is a JSON list of tokens`, { cause });
  }
}

function idsByToken(tokens: readonly string[], name: string): Map<string, number> {
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    const earlier = ids.get(token);
    if (earlier !== undefined) {
      throw new TunebertError(
        `${name} lists ${showJson(token)} twice, with the ids ${earlier} and ${id}; every token must be listed once`,
      );
    }
    ids.set(token, id);
  });
  return ids;
}

function incomplete(ids: ReadonlyMap<string, number>, name: string): TunebertError {
  const missing = REQUIRED_TOKENS.filter((token) => !ids.has(token));
  return new TunebertError(
    `${name} lacks ${missing.join(", ")}; add what is missing, or take the vocabulary that belongs to the model`,
  );
}

/** Only pretraining needs `<mask>`. */
const REQUIRED_TOKENS = ["<unk>", "<pad>", "<cls>", "<sep>"];
