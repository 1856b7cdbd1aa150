import type { Answers } from "../data/answers.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { sigmoid } from "../metrics/multi-label.js";
import { softmax } from "../metrics/softmax.js";
import type { Packed } from "../text/pack.js";
import type { ServedModel } from "./served-model.js";

/** A token of an example, and how much it matters. */
export interface TokenImportance {
  /** Behind a space where a word begins. */
  readonly token: string;
  /** 1 or 2: of which text. */
  readonly text: 1 | 2;
  /** By how much the probability of the label, or the number, is less without it. */
  readonly importance: number;
}

/** What an answer is made of. */
export interface Explained {
  /** Whose probability is explained; left out of numbers. */
  readonly label?: string | undefined;
  /** The probability of the label, or the number. */
  readonly score: number;
  readonly tokens: readonly TokenImportance[];
}

/**
 * How much each token of an example matters, by occlusion (Zeiler and Fergus, 2014): the example is answered once more for each of
 * them, with a mask in its place, or the token of unknown words where there is no mask.
 * @throws as {@link ServedModel.answer}
 */
export async function tokenImportance(
  served: ServedModel,
  row: Packed,
  isWanted?: () => boolean,
): Promise<Explained> {
  const { tokenizer, model } = served.saved;
  const hidden = tokenizer.mask ?? tokenizer.unknown ?? 0;
  const places = textPlaces(row, served);
  const [whole, ...others] = await served.answer(
    [row, ...places.map(({ place }) => without(row, place, hidden))],
    isWanted,
  );
  const { answers } = model;
  const k = answers === "number" ? 0 : (argmaxRows(whole!, model.outputs)[0] ?? 0);
  const score = scoreOf(whole!, answers, k);
  return {
    label: answers === "number" ? undefined : model.labels[k],
    score,
    tokens: places.map(({ place, text }, i) => ({
      token: tokenizer.token(row.ids[place]!),
      text,
      importance: score - scoreOf(others[i]!, answers, k),
    })),
  };
}

/** Where the texts' tokens are, special ones aside. */
function textPlaces({ ids, firstLength }: Packed, { saved, texts }: ServedModel) {
  const { tokenizer } = saved;
  const empty = tokenizer.pack([], texts === 2 ? [] : undefined, saved.maxLength, "longest-first");
  const special = new Set(empty.ids);
  const places = Array.from(ids, (id, place) => ({ id, place }))
    .filter(({ id }) => !special.has(id))
    .map(({ place }) => place);
  const [end = ids.length] = secondStart(ids, firstLength, special, texts);
  return places.map((place) => ({ place, text: place < end ? (1 as const) : (2 as const) }));
}

/** Where the second text starts: behind the first run of special tokens within the example. */
function secondStart(
  ids: Int32Array,
  firstLength: number,
  special: ReadonlySet<number>,
  texts: 1 | 2,
): number[] {
  if (texts === 1) return [];
  if (firstLength < ids.length) return [firstLength];
  const within = ids.findIndex((id, place) => place > 0 && special.has(id) && !special.has(ids[place - 1]!));
  return [within];
}

function without({ ids, ...rest }: Packed, place: number, hidden: number): Packed {
  const changed = ids.slice();
  changed[place] = hidden;
  return { ...rest, ids: changed };
}

function scoreOf(logits: Float32Array, answers: Answers, k: number): number {
  if (answers === "number") return logits[0]!;
  return ("anyOf" in answers ? sigmoid(logits) : softmax(logits))[k]!;
}
