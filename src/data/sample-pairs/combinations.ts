import { actions, colours, hypernyms, nouns, numbers, places } from "./words.js";

/**
 * The pairs of words from different lists that a sentence combines, such as "red+dog", "three+cats",
 * "not+running", "people+in the park".
 */
export function combinationsIn(sentence: string): string[] {
  const found = lists.map((words) => words.filter((word) => padded(sentence).includes(padded(word))));
  return found.flatMap((left, i) =>
    found.slice(i + 1).flatMap((rights) => left.flatMap((a) => rights.map((b) => `${a}+${b}`))),
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

/** Numbers, colours, names, actions, places and negation. */
const lists: readonly (readonly string[])[] = [
  numbers,
  colours,
  [...nouns, ...Object.values(hypernyms)].flatMap(({ singular, plural }) => [singular, plural]),
  ["not"],
  [
    ...new Set(
      Object.values(actions).flatMap((byCover) => [
        ...Object.keys(byCover),
        ...Object.values(byCover).flat(),
      ]),
    ),
  ],
  [...Object.keys(places), ...Object.values(places).flat()],
];

function padded(words: string): string {
  return ` ${words} `;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return value >>> 8;
}
