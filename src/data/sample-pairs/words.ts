/** Who or what a caption is about: of what kind it is, and what it can be called. */
export interface Noun {
  readonly singular: string;
  readonly plural: string;
  readonly kind: Kind;
}

export type Kind = "person" | "animal" | "bird" | "vehicle" | "container";

/** Words by the word that covers them: one excludes another, and follows from none but itself. */
export type Groups = Readonly<Record<string, readonly string[]>>;

/** Names in one list exclude each other: nobody has two callings, but a man may be a poet. */
export const nouns: readonly (readonly Noun[])[] = [
  named("person", "man:men, woman:women, boy, girl"),
  named(
    "person",
    "farmer, singer, doctor, nurse, soldier, sailor, teacher, chef, waiter, clown, pirate, lawyer, judge, " +
      "pilot, mechanic, cowboy, hunter, poet, firefighter, scientist",
  ),
  named(
    "animal",
    "dog, cat, horse, rabbit, goat, cow, pig, sheep:sheep, bear, lion, tiger, elephant, monkey, " +
      "wolf:wolves, deer:deer, camel, donkey, moose:moose, buffalo:buffalo",
  ),
  named("bird", "duck, goose:geese, swan, pigeon, eagle, chicken, seagull, pelican"),
  named("vehicle", "car, truck, bus:buses, motorcycle, bicycle, scooter, wagon, tank"),
  named("container", "bottle, bag, box:boxes, basket, bucket, barrel, bowl, cup, jar, suitcase"),
];

/** The word for anything of a kind. */
export const hypernyms: Readonly<Record<Kind, Noun>> = {
  person: { singular: "person", plural: "people", kind: "person" },
  animal: { singular: "animal", plural: "animals", kind: "animal" },
  bird: { singular: "bird", plural: "birds", kind: "bird" },
  vehicle: { singular: "vehicle", plural: "vehicles", kind: "vehicle" },
  container: { singular: "container", plural: "containers", kind: "container" },
};

export const numbers = list("two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, twenty");

export const colours = list(
  "red, blue, green, black, white, brown, yellow, orange, pink, purple, gray, silver, gold, tan",
);

/** How each kind can be: pairs of opposites. */
export const qualities: Readonly<Record<Kind, readonly (readonly string[])[]>> = {
  person: opposites("happy/sad, healthy/sick, rich/poor, wet/dry, clean/dirty"),
  animal: opposites("old/young, healthy/sick, wet/dry, clean/dirty"),
  bird: opposites("old/young, healthy/sick, wet/dry, clean/dirty"),
  vehicle: opposites("old/new, full/empty, wet/dry, clean/dirty"),
  container: opposites("old/new, full/empty, open/closed, wet/dry, clean/dirty"),
};

const feeding: Groups = {
  eating: list("eating corn, eating bread, eating fruit"),
  drinking: list("drinking water, drinking milk, drinking juice"),
};

/** What each kind does. Words of other groups do not exclude each other: who sits may sleep or read. */
export const actions: Readonly<Record<Kind, readonly Groups[]>> = {
  person: [
    {
      moving: list("running, walking, jumping, crawling"),
      "at rest": list("sitting, lying, standing, kneeling"),
    },
    { moving: list("running, walking, dancing, climbing"), asleep: list("sleeping") },
    {
      "making music": list(
        "playing the piano, playing the guitar, playing the violin, playing the drums, playing the trumpet",
      ),
      "playing a game": list("playing chess, playing checkers, playing cards, playing darts, playing pool"),
      reading: list(
        "reading a book, reading a letter, reading a poem, reading a magazine, reading a newspaper",
      ),
      cleaning: list("sweeping, polishing shoes, wiping tables, washing dishes, washing clothes"),
    },
  ],
  animal: [
    { moving: list("running, walking, jumping"), "at rest": list("sitting, lying, standing") },
    { moving: list("running, walking, jumping"), asleep: list("sleeping") },
    feeding,
  ],
  bird: [
    { moving: list("flying, walking, hopping"), asleep: list("sleeping") },
    { moving: list("flying, walking"), "at rest": list("sitting, standing") },
    feeding,
  ],
  vehicle: [
    { moving: list("racing, backing up"), "at rest": list("parked, stuck") },
    { moving: list("speeding up, slowing down"), "at rest": list("waiting, being repaired") },
    { moving: list("turning"), "at rest": list("parked") },
  ],
  container: [{ moving: list("falling, rolling, sliding"), "at rest": list("standing, lying, hanging") }],
};

const surroundings: Groups = {
  outside: list(
    "in the park, at the beach, in the street, on the bridge, in the garden, in the forest, in the desert, " +
      "in the field, in the cemetery, on the roof",
  ),
  inside: list(
    "in the kitchen, in the barn, in the garage, in the office, in the library, in the church, in the gym, " +
      "in the bathroom, in the bedroom, in the theater",
  ),
};

/** Where each kind can be. */
export const places: Readonly<Record<Kind, Groups>> = {
  person: surroundings,
  animal: surroundings,
  bird: surroundings,
  vehicle: {
    outside: list(
      "in the park, at the beach, in the street, on the bridge, in the forest, in the desert, in the field",
    ),
    inside: list(
      "in the barn, in the garage, in the factory, in the warehouse, in the museum, in the hangar",
    ),
  },
  container: surroundings,
};

function list(words: string): readonly string[] {
  return words.split(", ");
}

function named(kind: Kind, words: string): readonly Noun[] {
  return list(words).map((entry) => {
    const [singular, plural = `${singular}s`] = entry.split(":") as [string, string?];
    return { singular, plural, kind };
  });
}

function opposites(words: string): readonly (readonly string[])[] {
  return list(words).map((pair) => pair.split("/"));
}
