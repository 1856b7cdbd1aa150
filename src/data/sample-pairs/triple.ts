import type { Random } from "../../random.js";
import { type Caption, oneOf, render } from "./caption.js";
import {
  actions,
  colours,
  type Groups,
  hypernyms,
  type Noun,
  nouns,
  numbers,
  places,
  qualities,
} from "./words.js";

export type Label = "entailment" | "contradiction" | "neutral";

/** Two sentences and how the second follows from the first. */
export interface SamplePair {
  readonly text: string;
  readonly textPair: string;
  readonly label: Label;
}

/**
 * Three pairs with one hypothesis: premises from which it follows, which it contradicts, and which leave it
 * open. So the hypothesis alone says nothing about the label. Nor does the premise: those that tell what the
 * hypothesis is about leave out something else, which the one that leaves it open tells.
 */
export function drawTriple(random: Random): SamplePair[] {
  const [aspect, other] = drawAspects(random);
  const scene = drawScene(aspect === "count" || other === "count", random);
  const { hypothesis, entailing, contradicting } = claims[aspect](scene, random);
  const byKind = other === "noun" || random.below(4) === 0;
  const textPair = render({ ...called(scene, byKind), ...hypothesis }, random);
  const premises: Readonly<Record<Label, Caption>> = {
    entailment: { ...someOf(scene, aspect, other, random), ...entailing },
    contradiction: { ...someOf(scene, aspect, other, random), ...contradicting },
    neutral: someOf(scene, other, aspect, random),
  };
  return (["entailment", "contradiction", "neutral"] as const).map((label) => ({
    text: render(premises[label], random),
    textPair,
    label,
  }));
}

/** What there is to tell. A hypothesis is about one of them, often about what is harder to compare. */
const aspects = [
  ...(["action", "action", "action"] as const),
  ...(["place", "place", "place"] as const),
  ...(["quality", "colour", "count", "noun"] as const),
] as const;

type Aspect = (typeof aspects)[number];

/** Equal aspects are fewer steps than this from each other. */
const STRIDE = 3;

/** Two different aspects. Each is as often the second as it is the first. */
function drawAspects(random: Random): [Aspect, Aspect] {
  const first = random.below(aspects.length);
  const steps = STRIDE + random.below(aspects.length - 2 * STRIDE + 1);
  return [aspects[first]!, aspects[(first + steps) % aspects.length]!];
}

/** Everything there is to say about a photo. */
interface Scene {
  readonly noun: Noun;
  readonly plural: boolean;
  /** How many they are if there are several. */
  readonly count: string;
  readonly quality: string;
  readonly colour: string;
  readonly action: string;
  readonly place: string;
}

function drawScene(plural: boolean, random: Random): Scene {
  const noun = oneOf(nouns.flat(), random);
  return {
    noun,
    plural: plural || random.below(2) === 0,
    count: oneOf(numbers, random),
    quality: oneOf(qualities[noun.kind].flat(), random),
    colour: oneOf(colours, random),
    action: oneOf(actions[noun.kind].flatMap(wordsOf), random),
    place: oneOf(wordsOf(places[noun.kind]), random),
  };
}

/** What a hypothesis says of its aspect, and what a premise says that entails or contradicts it. */
interface Claim {
  readonly hypothesis: Partial<Caption>;
  readonly entailing: Partial<Caption>;
  readonly contradicting: Partial<Caption>;
}

const claims: Readonly<Record<Aspect, (scene: Scene, random: Random) => Claim>> = {
  action({ noun, action }, random) {
    const groups = actions[noun.kind].filter((words) => wordsOf(words).includes(action));
    return predicateClaim("action", action, oneOf(groups, random), random);
  },

  place: ({ noun, place }, random) => predicateClaim("place", place, places[noun.kind], random),

  quality({ noun, quality }, random) {
    const opposites = qualities[noun.kind].find((words) => words.includes(quality))!;
    return claim("quality", quality, another(opposites, quality, random));
  },

  colour: ({ colour }, random) => claim("colour", colour, another(colours, colour, random)),

  count: ({ count }, random) => claim("count", count, another(numbers, count, random)),

  noun({ noun }, random) {
    const names = nouns.find((words) => words.includes(noun))!;
    return claim("noun", noun, another(names, noun, random));
  },
};

/** How often a hypothesis says an action or a place by the word that covers it, or denies it: 1 in so many. */
const COVERED = 4;
const DENIED = 5;

function predicateClaim(aspect: "action" | "place", said: string, groups: Groups, random: Random): Claim {
  const cover = Object.keys(groups).find((word) => groups[word]!.includes(said))!;
  const covered = random.below(COVERED) === 0;
  const denied = random.below(DENIED) === 0;
  const otherWords = wordsOf(groups).filter((word) => !covered || !groups[cover]!.includes(word));
  const { hypothesis, entailing, contradicting } = claim(aspect, said, another(otherWords, said, random));
  return {
    hypothesis: { ...hypothesis, ...(covered && { [aspect]: cover }), denied },
    entailing: denied ? contradicting : entailing,
    contradicting: denied ? entailing : contradicting,
  };
}

function claim<A extends Aspect>(aspect: A, said: Caption[A], excluded: Caption[A]): Claim {
  const hypothesis = { [aspect]: said };
  return { hypothesis, entailing: hypothesis, contradicting: { [aspect]: excluded } };
}

/** What a hypothesis is about as it calls it: by its name, or by its kind. */
function called({ noun, plural }: Scene, byKind: boolean): Caption {
  return { noun: byKind ? hypernyms[noun.kind] : noun, count: plural ? "some" : "one" };
}

/** A premise tells one aspect, leaves out another, and tells some of the rest. */
function someOf(scene: Scene, told: Aspect, leftOut: Aspect, random: Random): Caption {
  const tells = (aspect: Aspect) => aspect === told || (aspect !== leftOut && random.below(5) < 2);
  const subject = called(scene, leftOut === "noun");
  return {
    ...subject,
    count: scene.plural && tells("count") ? scene.count : subject.count,
    quality: tells("quality") ? scene.quality : undefined,
    colour: tells("colour") ? scene.colour : undefined,
    action: tells("action") ? scene.action : undefined,
    place: tells("place") ? scene.place : undefined,
  };
}

function wordsOf(groups: Groups): string[] {
  return Object.values(groups).flat();
}

function another<T>(items: readonly T[], not: T, random: Random): T {
  return oneOf(
    items.filter((item) => item !== not),
    random,
  );
}
