import type { Random } from "../../random.js";
import { type Caption, oneOf, render } from "./caption.js";
import { actions, colours, hypernyms, type Kind, type Noun, nouns, numbers, places } from "./words.js";

export type Label = "entailment" | "contradiction" | "neutral";

/** Two sentences and how the second follows from the first. */
export interface SamplePair {
  readonly text: string;
  readonly textPair: string;
  readonly label: Label;
}

/** What a hypothesis is about; often what is harder to compare. */
const aspects = ["action", "action", "action", "place", "place", "place", "colour", "count", "noun"] as const;

/**
 * Three pairs with one hypothesis: premises from which it follows, which it contradicts, and which leave it
 * open. So the hypothesis alone says nothing about the label.
 */
export function drawTriple(random: Random): SamplePair[] {
  const truth = drawScene(random);
  const aspect = oneOf(aspects, random);
  const { hypothesis, premises } = claims[aspect](truth, random);
  const textPair = render(hypothesis, random);
  return (["entailment", "contradiction", "neutral"] as const).map((label) => ({
    text: render({ ...someOf(truth, aspect, random), ...premises[label] }, random),
    textPair,
    label,
  }));
}

/** Everything there is to say about a photo. */
interface Scene {
  readonly noun: Noun;
  readonly count: string;
  readonly colour: string;
  readonly action: string;
  readonly place: string;
}

/** A hypothesis, and what premises say about its aspect to make it entailed, contradicted or open. */
interface Claim {
  readonly hypothesis: Caption;
  readonly premises: Readonly<Record<Label, Partial<Caption>>>;
}

const claims: Readonly<Record<(typeof aspects)[number], (scene: Scene, random: Random) => Claim>> = {
  action(scene, random) {
    const { kind } = scene.noun;
    return predicateClaim("action", scene, actions[kind], random);
  },

  place: (scene, random) => predicateClaim("place", scene, places, random),

  colour(scene, random) {
    const { colour } = scene;
    return {
      hypothesis: { ...called(scene, random), colour },
      premises: {
        entailment: { colour },
        contradiction: { colour: another(colours, colour, random) },
        neutral: { colour: undefined },
      },
    };
  },

  count(scene, random) {
    const count = oneOf(numbers, random);
    return {
      hypothesis: { ...called(scene, random), count },
      premises: {
        entailment: { count },
        contradiction: { count: another(numbers, count, random) },
        neutral: { count: "some" },
      },
    };
  },

  noun(scene, random) {
    const { noun, count } = scene;
    const sameKind = nouns.filter(({ kind }) => kind === noun.kind);
    return {
      hypothesis: { noun, count },
      premises: {
        entailment: { noun },
        contradiction: { noun: another(sameKind, noun, random) },
        neutral: { noun: hypernyms[noun.kind] },
      },
    };
  },
};

/** How often a hypothesis says an action or a place by the word that covers it, or denies it; one in so many. */
const COVERED = 4;
const DENIED = 5;

/** Words are grouped by the word that covers them: one excludes another, and follows from none but itself. */
function predicateClaim(
  aspect: "action" | "place",
  scene: Scene,
  groups: Readonly<Record<string, readonly string[]>>,
  random: Random,
): Claim {
  const said = scene[aspect];
  const cover = Object.keys(groups).find((word) => groups[word]!.includes(said))!;
  const covered = random.below(COVERED) === 0;
  const otherWords = Object.entries(groups).flatMap(([word, words]) =>
    covered && word === cover ? [] : words,
  );
  const true_ = { [aspect]: said };
  const false_ = { [aspect]: another(otherWords, said, random) };
  const denied = random.below(DENIED) === 0;
  return {
    hypothesis: { ...called(scene, random), [aspect]: covered ? cover : said, denied },
    premises: {
      entailment: denied ? false_ : true_,
      contradiction: denied ? true_ : false_,
      neutral: { [aspect]: undefined },
    },
  };
}

/** The noun as a hypothesis calls it: by its name, or by its kind. */
function called({ noun, count }: Scene, random: Random): Caption {
  return {
    noun: random.below(4) === 0 ? hypernyms[noun.kind] : noun,
    count: count === "one" ? "one" : "some",
  };
}

function drawScene(random: Random): Scene {
  const noun = oneOf(nouns, random);
  return {
    noun,
    count: random.below(2) === 0 ? "one" : oneOf([...numbers, "some"], random),
    colour: oneOf(colours, random),
    action: oneOf(wordsFor(noun.kind), random),
    place: oneOf(Object.values(places).flat(), random),
  };
}

function wordsFor(kind: Kind): string[] {
  return Object.values(actions[kind]).flat();
}

/** A premise tells some of what it need not. */
function someOf(scene: Scene, aspect: string, random: Random): Caption {
  const told = (slot: string) => slot === aspect || random.below(5) < 3;
  return {
    noun: scene.noun,
    count: scene.count,
    colour: told("colour") ? scene.colour : undefined,
    action: told("action") ? scene.action : undefined,
    place: told("place") ? scene.place : undefined,
  };
}

function another<T>(items: readonly T[], not: T, random: Random): T {
  return oneOf(
    items.filter((item) => item !== not),
    random,
  );
}
