import type { Random } from "../../random.js";
import type { Noun } from "./words.js";

/** What one sentence says of a photo. */
export interface Caption {
  readonly noun: Noun;
  /** A number word, "some", or "one" for a single one. */
  readonly count: string;
  readonly quality?: string | undefined;
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
  "a photograph of",
  "a drawing of",
  "a painting of",
  "a video of",
  "here we see",
  "we can see",
  "you can see",
  "you may notice",
  "look at",
  "watch",
  "this image shows",
  "this scene contains",
  "the poster displays",
  "the sketch depicts",
  "the film features",
  "the camera caught",
  "the camera recorded",
  "someone filmed",
  "someone photographed",
  "someone spotted",
];

/** Puts a caption into words, in one of the ways that suit what it says. */
export function render(caption: Caption, random: Random): string {
  const { count, action, place, denied } = caption;
  const be = count === "one" ? "is" : "are";
  const name = nameOf(caption);
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

/** A dog is red, a man is in red. */
function nameOf({ noun, count, quality, colour }: Caption): string {
  const name = count === "one" ? noun.singular : noun.plural;
  const words = noun.kind === "person" ? [quality, name, colour && `in ${colour}`] : [quality, colour, name];
  return words.filter(Boolean).join(" ");
}

function article(name: string, random: Random): string {
  if (random.below(3) === 0) return "the";
  return /^[aeiou]/.test(name) ? "an" : "a";
}
