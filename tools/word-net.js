import { readFileSync } from "node:fs";
import { join } from "node:path";

const PARTS = ["noun", "verb", "adj", "adv"];

/**
 * Reads WordNet's database (wndb(5WN)): of each part of speech which words are `related` to a lemma as "opposite", "synonym" or
 * "broader" ones, the `exceptions` in its inflection, and how often a lemma is `tagged` as it.
 */
export function readWordNet(folder) {
  const counts = new Map();
  for (const line of lines(folder, "cntlist.rev")) {
    const [key, , times] = line.split(" ");
    const [lemma, rest] = key.split("%");
    const part = { 1: "noun", 2: "verb", 3: "adj", 4: "adv", 5: "adj" }[rest[0]];
    const name = `${part} ${lemma}`;
    counts.set(name, (counts.get(name) ?? 0) + Number(times));
  }
  return Object.fromEntries(PARTS.map((part) => [part, readPart(folder, part, counts)]));
}

function readPart(folder, part, counts) {
  const synsets = new Map(lines(folder, `data.${part}`).map(parseSynset));
  const senses = new Map();
  for (const line of lines(folder, `index.${part}`)) {
    const fields = line.trim().split(" ");
    senses.set(fields[0], fields.slice(-Number(fields[2])));
  }
  const exceptions = new Map(
    part === "adv" ? [] : lines(folder, `${part}.exc`).map((line) => line.split(" ")),
  );
  const tagged = new Map([...senses.keys()].map((lemma) => [lemma, counts.get(`${part} ${lemma}`) ?? 0]));

  function related(lemma, kind) {
    const own = (senses.get(lemma) ?? []).map((offset) => synsets.get(offset));
    const found = { opposite: opposites, synonym: synonyms, broader }[kind](own, lemma);
    return [...new Set(found)].filter((word) => word !== lemma && !word.includes("_"));
  }

  function opposites(own, lemma) {
    return own.slice(0, 2).flatMap((synset, sense) => {
      const number = synset.words.indexOf(lemma) + 1;
      const direct = synset.pointers.filter(({ symbol, from }) => symbol === "!" && from === number);
      return targets(synset.type === "s" && sense === 0 ? pointersOfHead(synset) : direct);
    });
  }

  /** Of a satellite, as "huge" is one of "large": what its head is the opposite of. */
  function pointersOfHead(synset) {
    return to(synset, "&").flatMap((head) => head.pointers.filter(({ symbol }) => symbol === "!"));
  }

  function synonyms([synset]) {
    return synset === undefined ? [] : meantFirst(synset);
  }

  function broader([synset]) {
    return synset === undefined || part !== "noun" ? [] : to(synset, "@").flatMap(meantFirst);
  }

  /** The words that mean this before anything else. */
  function meantFirst(synset) {
    return synset.words.filter((word) => synsets.get(senses.get(word)?.[0]) === synset);
  }

  function to(synset, symbol) {
    return synset.pointers
      .filter((pointer) => pointer.symbol === symbol)
      .flatMap(({ offset }) => synsets.get(offset) ?? []);
  }

  function targets(pointers) {
    return pointers.flatMap(({ offset, to: number }) => synsets.get(offset)?.words[number - 1] ?? []);
  }

  return { related, exceptions, tagged };
}

function parseSynset(line) {
  const fields = line.split(" | ")[0].split(" ");
  const [offset, , type, wordCount] = fields;
  const words = Number.parseInt(wordCount, 16);
  const after = 4 + 2 * words;
  const pointers = Array.from({ length: Number(fields[after]) }, (_, i) => {
    const [symbol, to, , ends] = fields.slice(after + 1 + 4 * i, after + 5 + 4 * i);
    return {
      symbol,
      offset: to,
      from: Number.parseInt(ends.slice(0, 2), 16),
      to: Number.parseInt(ends.slice(2), 16),
    };
  });
  const names = Array.from({ length: words }, (_, i) =>
    fields[4 + 2 * i].toLowerCase().replace(/\(.*\)$/, ""),
  );
  return [offset, { type, words: names, pointers }];
}

/** Without the licence at the head, whose lines are indented. */
function lines(folder, name) {
  return readFileSync(join(folder, name), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("  "));
}
