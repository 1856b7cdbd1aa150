/** Who a caption is about: what kind it is, and what it can be called. */
export interface Noun {
  readonly singular: string;
  readonly plural: string;
  readonly kind: Kind;
}

export type Kind = "person" | "animal" | "vehicle";

export const nouns: readonly Noun[] = [
  ...named("person", "man:men woman:women boy girl farmer singer"),
  ...named("animal", "dog cat horse rabbit goat duck"),
  ...named("vehicle", "car truck bus:buses van"),
];

/** The word for anything of a kind. */
export const hypernyms: Readonly<Record<Kind, Noun>> = {
  person: { singular: "person", plural: "people", kind: "person" },
  animal: { singular: "animal", plural: "animals", kind: "animal" },
  vehicle: { singular: "vehicle", plural: "vehicles", kind: "vehicle" },
};

export const colours: readonly string[] = "red blue green black white brown".split(" ");

export const numbers: readonly string[] = "two three four five".split(" ");

/** What each kind does, by the word that covers it. */
export const actions: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  person: { moving: ["running", "walking", "jumping"], resting: ["sleeping", "sitting"] },
  animal: { moving: ["running", "walking", "jumping"], resting: ["sleeping", "sitting"] },
  vehicle: { moving: ["turning", "racing"], resting: ["waiting", "parked"] },
};

/** Where it happens, by the word that covers it. */
export const places: Readonly<Record<string, readonly string[]>> = {
  outside: ["in the park", "at the beach", "in the street", "on the bridge"],
  inside: ["in the kitchen", "in the barn", "in the garage"],
};

function named(kind: Kind, list: string): Noun[] {
  return list.split(" ").map((entry) => {
    const [singular, plural = `${singular}s`] = entry.split(":") as [string, string?];
    return { singular, plural, kind };
  });
}
