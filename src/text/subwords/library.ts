import * as library from "@huggingface/tokenizers";

/** What cuts words into tokens. */
interface BpeModel {
  _call(words: string[]): string[];
}

interface UnigramModel {
  tokenize(word: string): string[];
}

interface ByteLevel {
  pre_tokenize_text(text: string): string[];
}

/**
 * What is used of Hugging Face's `tokenizers`. The package's own declarations name their files without an extension, so that
 * TypeScript does not find them under Node's rules.
 */
export const { BPE, Unigram, ByteLevelPreTokenizer } = library as unknown as {
  readonly BPE: new (model: {
    readonly type: "BPE";
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
    readonly ignore_merges: boolean;
    readonly fuse_unk: boolean;
    readonly byte_fallback: boolean;
    readonly unk_token?: string;
    readonly end_of_word_suffix?: string;
  }) => BpeModel;
  readonly Unigram: new (
    model: {
      readonly type: "Unigram";
      readonly vocab: readonly (readonly [token: string, score: number])[];
      readonly unk_id: number;
    },
    eosToken: string,
  ) => UnigramModel;
  readonly ByteLevelPreTokenizer: new (options: {
    readonly type: "ByteLevel";
    readonly add_prefix_space: boolean;
    readonly trim_offsets: boolean;
    readonly use_regex: boolean;
  }) => ByteLevel;
};
