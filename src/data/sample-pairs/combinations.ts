import { actions, colours, type Groups, hypernyms, nouns, numbers, places, qualities } from "./words.js";

/**
 * The pairs of words from different lists that a sentence combines, such as "red+dog", "three+cats",
 * "not+running", "people+in the park".
 */
export function combinationsIn(sentence: string): string[] {
  const words = [...sentence.matchAll(listed)]
    .map(([word]) => ({ word, list: listOf.get(word)! }))
    .sort((a, b) => a.list - b.list);
  return words.flatMap((a, i) =>
    words
      .slice(i + 1)
      .filter((b) => b.list !== a.list)
      .map((b) => `${a.word}+${b.word}`),
  );
}

/** Whether a combination is kept from training sentences: about one in eight. */
export function isHeldOut(combination: string): boolean {
  return hash(combination) % 8 === 0;
}

/** Whether a sentence combines words that training sentences never do. */
export function hasHeldOut(sentence: string): boolean {
  return combinationsIn(sentence).some(isHeldOut);
}

/** Numbers, qualities, colours, names, actions, places and negation. */
const lists: readonly (readonly string[])[] = [
  numbers,
  Object.values(qualities).flat(2),
  colours,
  [...nouns.flat(), ...Object.values(hypernyms)].flatMap(({ singular, plural }) => [singular, plural]),
  ["not"],
  Object.values(actions).flat().flatMap(wordsOf),
  Object.values(places).flatMap(wordsOf),
];

/** The number of the list that a word is in. */
const listOf = new Map(lists.flatMap((words, i) => words.map((word) => [word, i])));

/** Finds the words of the lists, "eating corn" rather than "eating". */
const listed = new RegExp(
  `\\b(?:${[...listOf.keys()].sort((a, b) => b.length - a.length).join("|")})\\b`,
  "g",
);

function wordsOf(groups: Groups): string[] {
  return Object.entries(groups).flatMap(([cover, words]) => [cover, ...words]);
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return value >>> 8;
}
