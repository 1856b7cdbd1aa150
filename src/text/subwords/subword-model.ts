import { TunebertError } from "../../error.js";
import * as json from "../json-reader.js";
import { BPE, Unigram } from "./library.js";

/** What cuts a word into tokens. */
export interface SubwordModel {
  /** Ids by token. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** The id of what it does not know, where there is any. */
  readonly unknown: number | undefined;
  ids(word: string): readonly number[];
}

/** The `model` of a tokenizer.json: byte-pair encoding or Unigram. @throws TunebertError of another type */
export const readSubwordModel: json.JsonReader<SubwordModel> = (value, place) => {
  const { type } = readType(value, place);
  const read = json.own(MODELS, type);
  if (read === undefined)
    throw json.fault(type, `${place}.type`, `WordPiece, ${Object.keys(MODELS).join(", ")}`);
  return read(value, place);
};

const readType = json.object({ type: json.string });

const readNothing: json.JsonReader<undefined> = (value, place) => {
  if (value !== undefined && value !== null && value !== "" && value !== false && value !== 0) {
    throw json.fault(value, place, "nothing of the kind");
  }
  return undefined;
};

const readMerge: json.JsonReader<[string, string]> = (value, place) => {
  const parts = typeof value === "string" ? value.split(" ") : json.list(json.string)(value, place);
  const [left, right] = parts;
  if (left === undefined || right === undefined || parts.length > 2)
    throw json.fault(value, place, "two tokens");
  return [left, right];
};

const readBpe = json.object({
  vocab: json.record(json.count),
  merges: json.list(readMerge),
  unk_token: json.optional(json.nullable(json.string)),
  end_of_word_suffix: json.optional(json.nullable(json.string)),
  fuse_unk: json.optional(json.boolean),
  byte_fallback: json.optional(json.boolean),
  ignore_merges: json.optional(json.boolean),
  dropout: readNothing,
  continuing_subword_prefix: readNothing,
});

const readScored: json.JsonReader<[string, number]> = (value, place) => {
  const [token, score] = json.list(json.anything)(value, place);
  return [json.string(token, `${place}[0]`), json.number(score, `${place}[1]`)];
};

const readUnigram = json.object({
  vocab: json.list(readScored),
  unk_id: json.count,
  byte_fallback: readNothing,
});

const MODELS: Readonly<Record<string, json.JsonReader<SubwordModel>>> = {
  /** Sennrich et al. (2016). */
  BPE(value, place) {
    const { vocab, merges, unk_token, ignore_merges = false, ...rest } = readBpe(value, place);
    const vocabulary = new Map(Object.entries(vocab));
    const unknown = unk_token == null ? undefined : vocabulary.get(unk_token);
    if (unk_token != null && unknown === undefined) {
      throw json.fault(unk_token, `${place}.unk_token`, "a token of the vocabulary");
    }
    const { end_of_word_suffix, fuse_unk = false, byte_fallback = false } = rest;
    const model = new BPE({
      ...{ type: "BPE", vocab, merges, ignore_merges, fuse_unk, byte_fallback },
      ...(unk_token != null && { unk_token }),
      ...(end_of_word_suffix != null && { end_of_word_suffix }),
    });
    return {
      ...{ vocabulary, unknown },
      ids(word) {
        return model._call([word]).map((token) => {
          const id = vocabulary.get(token) ?? unknown;
          if (id === undefined)
            throw new TunebertError(`the vocabulary has no token for ${JSON.stringify(token)}`);
          return id;
        });
      },
    };
  },
  /** Kudo (2018). */
  Unigram(value, place) {
    const { vocab, unk_id } = readUnigram(value, place);
    const unknown = vocab[unk_id];
    if (unknown === undefined) throw json.fault(unk_id, `${place}.unk_id`, "the place of a token");
    const vocabulary = new Map(vocab.map(([token], id) => [token, id]));
    const model = new Unigram({ type: "Unigram", vocab, unk_id }, "");
    return {
      ...{ vocabulary, unknown: unk_id },
      // Called as a whole, the library puts all tokens of a word on the stack.
      ids: (word) =>
        fuse(
          model.tokenize(word).map((token) => vocabulary.get(token) ?? unk_id),
          unk_id,
        ),
    };
  },
};

/** What is unknown side by side is unknown once. */
function fuse(ids: readonly number[], unknown: number): number[] {
  return ids.filter((id, i) => id !== unknown || ids[i - 1] !== unknown);
}
