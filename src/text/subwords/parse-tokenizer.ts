import * as json from "../json-reader.js";
import type { Tokenizer } from "../tokenizer.js";
import { SubwordTokenizer } from "./subword-tokenizer.js";
import { WordPieceTokenizer } from "./word-piece-tokenizer.js";

/**
 * Reads a `tokenizer.json` of Hugging Face's `tokenizers`.
 * @throws TunebertError, with `fileName`, when it is damaged, or of a tokenizer that works otherwise than those that are known
 */
export function parseTokenizer(text: string, fileName: string): Tokenizer {
  const { model } = json.parseJson(text, fileName, readKind);
  return model.type === "BPE" || model.type === "Unigram"
    ? SubwordTokenizer.parse(text, fileName)
    : WordPieceTokenizer.parse(text, fileName);
}

const readKind = json.object({ model: json.object({ type: json.anything }) });
