import type { Random } from "../../random.js";
import type { Noun } from "./words.js";

/** What one sentence says of a photo. */
export interface Caption {
  readonly noun: Noun;
  /** A number word, "some", or "one" for a single one. */
  readonly count: string;
  readonly colour?: string | undefined;
  readonly action?: string | undefined;
  readonly place?: string | undefined;
  /** Whether it denies the action or the place, of which it then says only one. */
  readonly denied?: boolean;
}

/** Ways to begin that do not change what is said. */
const openers: readonly string[] = [
  "a photo of",
  "a picture of",
  "here we see",
  "you can see",
  "look at",
  "this image shows",
  "the camera caught",
  "someone filmed",
];

/** Puts a caption into words, in one of the ways that suit what it says. */
export function render(caption: Caption, random: Random): string {
  const { noun, count, colour, action, place, denied } = caption;
  const be = count === "one" ? "is" : "are";
  const name = `${colour ? `${colour} ` : ""}${count === "one" ? noun.singular : noun.plural}`;
  const subject = count === "one" ? `${article(name, random)} ${name}` : `${count} ${name}`;
  if (denied) return `${subject} ${be} not ${action ?? place} .`;
  const predicate = [action, place].filter(Boolean).join(" ");
  if (predicate === "") return `${oneOf([`there ${be}`, ...openers], random)} ${subject} .`;
  switch (random.below(4)) {
    case 0:
      return `${oneOf(openers, random)} ${subject} ${predicate} .`;
    case 1:
      return `there ${be} ${subject} ${predicate} .`;
    case 2:
      return action && place ? `${place} , ${subject} ${be} ${action} .` : `${subject} ${be} ${predicate} .`;
    default:
      return `${subject} ${be} ${predicate} .`;
  }
}

export function oneOf<T>(items: readonly T[], random: Random): T {
  return items[random.below(items.length)]!;
}

function article(name: string, random: Random): string {
  if (random.below(3) === 0) return "the";
  return /^[aeiou]/.test(name) ? "an" : "a";
}
