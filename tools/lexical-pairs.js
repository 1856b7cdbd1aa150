// Makes labelled pairs that differ by one word whose relation WordNet knows, from SNLI's own: an antonym makes a contradiction,
// a synonym or a broader word an entailment, a narrower one a neutral pair. Such opposites are rare in SNLI, and models
// trained on it alone fail on them (Glockner, Shwartz and Goldberg, 2018, "Breaking NLI Systems with Sentences that Require Simple
// Lexical Inferences").
//
//   node tools/lexical-pairs.js pairs.tsv /usr/share/wordnet 3000 lexical.tsv     # so many of each label
import { readFileSync, writeFileSync } from "node:fs";
import { linearCongruential } from "./linear-congruential.js";
import { readWordNet } from "./word-net.js";

const [, , input, folder, count, output] = process.argv;
/** Words that are rarer than this in the sentences are not put in. */
const MIN_FREQUENCY = 5;
const MAX_WORDS = 14;
/** Of one word and its replacement, so that men and women do not crowd out the rest. */
const MAX_PER_REPLACEMENT = 12;
/** By part of speech. */
const INFLECTIONS = { noun: ["s"], verb: ["s", "ing", "ed"], adj: [], adv: [] };
/** How each is spelt, and what stands in its place in the lemma. */
const ENDINGS = {
  s: [
    ["s", ""],
    ["es", ""],
    ["ies", "y"],
  ],
  ing: [
    ["ing", ""],
    ["ing", "e"],
  ],
  ed: [
    ["ed", ""],
    ["ed", "e"],
  ],
};
/** WordNet has senses for these that captions never mean. */
const FUNCTION_WORDS = new Set(
  "a an the is are was were be been being am has have had do does did can will no not it its he his her she him they them their there i in at on or and as so by for with of to from into out up down over off about all one two three some many more".split(
    " ",
  ),
);

const random = linearCongruential(12345);
const wordNet = readWordNet(folder);
const pairs = readFileSync(input, "utf8")
  .trim()
  .split("\n")
  .map((line) => {
    const [premise, hypothesis, label] = line.split("\t");
    return { premise, hypothesis, label };
  });
const frequencies = new Map();
for (const { premise, hypothesis } of pairs) {
  for (const word of `${premise} ${hypothesis}`.toLowerCase().split(" ")) {
    frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  }
}
const { lemmas, forms } = inflect(
  [...frequencies.keys()].filter((word) => frequencies.get(word) >= MIN_FREQUENCY),
);

const made = { contradiction: [], entailment: [], neutral: [] };
const times = new Map();
for (const pair of shuffled(pairs)) {
  const words = pair.hypothesis.split(" ");
  if (words.length > MAX_WORDS) continue;
  words.forEach((word, at) => {
    for (const kind of ["opposite", "synonym", "broader"]) {
      const replacement = pick(related(word.toLowerCase(), kind));
      if (replacement !== undefined) add(pair, words, at, replacement, kind);
    }
  });
}
const rows = Object.entries(made).flatMap(([label, of]) =>
  shuffled(of)
    .slice(0, Number(count))
    .map((texts) => [...texts, label].join("\t")),
);
writeFileSync(output, `${shuffled(rows).join("\n")}\n`);

function add({ premise, hypothesis, label }, words, at, replacement, kind) {
  const key = `${words[at].toLowerCase()} ${replacement}`;
  const seen = times.get(key) ?? 0;
  if (seen >= MAX_PER_REPLACEMENT) return;
  times.set(key, seen + 1);
  const changed = replace(words, at, replacement);
  const both = [hypothesis, changed];
  if (kind === "opposite") made.contradiction.push(both, [changed, hypothesis]);
  else made.entailment.push(both);
  if (kind === "broader") made.neutral.push([changed, hypothesis]);
  // What follows from the premise, follows with its words made broader, and is denied with one turned round.
  if (label === "entailment")
    made[kind === "opposite" ? "contradiction" : "entailment"].push([premise, changed]);
  if (label === "neutral" && kind === "synonym") made.neutral.push([premise, changed]);
}

/** The words with one of them replaced, its capital kept, and the article before it agreeing. */
function replace(words, at, replacement) {
  const changed = [...words];
  const isCapital = words[at][0] !== words[at][0].toLowerCase();
  changed[at] = isCapital ? replacement[0].toUpperCase() + replacement.slice(1) : replacement;
  const article = words[at - 1];
  if (/^an?$/i.test(article ?? "")) changed[at - 1] = article[0] + (/^[aeiou]/.test(replacement) ? "n" : "");
  return changed.join(" ");
}

/** The words of the sentences that are the word's opposite, synonym or a broader word, in the same inflection. */
function related(word, kind) {
  const found = lemmas.get(word);
  if (found === undefined) return [];
  const { lemma, part, inflection } = found;
  return wordNet[part]
    .related(lemma, kind)
    .map((other) => forms.get(`${part} ${other} ${inflection}`))
    .filter((other) => other !== undefined && other !== word);
}

/** Each word's lemma, as the part of speech it is tagged as most often, and the words by lemma and inflection. */
function inflect(words) {
  const lemmas = new Map();
  const forms = new Map();
  for (const word of words) {
    if (FUNCTION_WORDS.has(word)) continue;
    const readings = Object.keys(INFLECTIONS)
      .flatMap((part) => readingsOf(word, part))
      .sort((a, b) => b.tagged - a.tagged);
    for (const { part, lemma, inflection } of readings) {
      const key = `${part} ${lemma} ${inflection}`;
      if (!forms.has(key)) forms.set(key, word);
    }
    if (readings.length > 0 && readings[0].tagged > 0) lemmas.set(word, readings[0]);
  }
  return { lemmas, forms };
}

function readingsOf(word, part) {
  const own = wordNet[part];
  const candidates = [{ lemma: word, inflection: "" }];
  for (const inflection of INFLECTIONS[part]) {
    for (const [ending, instead] of ENDINGS[inflection].filter(([ending]) => word.endsWith(ending))) {
      const stem = word.slice(0, -ending.length);
      candidates.push({ lemma: stem + instead, inflection });
      if (/([b-z])\1$/.test(stem)) candidates.push({ lemma: stem.slice(0, -1), inflection });
    }
  }
  const irregular = own.exceptions.get(word);
  if (irregular !== undefined)
    candidates.push({
      lemma: irregular,
      inflection: word.endsWith("ing") ? "ing" : part === "noun" ? "s" : "ed",
    });
  return candidates
    .filter(({ lemma }) => own.tagged.has(lemma))
    .map((candidate) => ({ ...candidate, part, tagged: own.tagged.get(candidate.lemma) }));
}

function pick(list) {
  return list[Math.floor(random() * list.length)];
}

function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
