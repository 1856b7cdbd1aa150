// Makes unlabelled pairs of the sentences of labelled ones, for a student to be asked about by its teacher: a premise, or a
// hypothesis in its place, with another pair's hypothesis, mostly one that shares a longer word with it.
//
//   node tools/recombine-pairs.js pairs.tsv 150000 unlabelled.tsv     # a pair a line, with tabs between its texts
import { readFileSync, writeFileSync } from "node:fs";
import { linearCongruential } from "./linear-congruential.js";

const [, , input, count, output] = process.argv;
/** Frequent in captions, so that sharing them says little. */
const FREQUENT = new Set(
  "with that this they from their there into while some near over having being wearing people woman young standing sitting".split(
    " ",
  ),
);
/** Of the pairs, those whose sentences share a word; the others are drawn from all. */
const SHARING = 0.8;

const pairs = readFileSync(input, "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split("\t").slice(0, 2));
const random = linearCongruential(12345);
const anyOf = (list) => list[Math.floor(random() * list.length)];
const withWord = new Map();
for (const [, hypothesis] of pairs) {
  for (const word of new Set(longWords(hypothesis))) {
    const known = withWord.get(word) ?? [];
    known.push(hypothesis);
    withWord.set(word, known);
  }
}

const seen = new Set(pairs.map((pair) => pair.join("\t")));
const made = [];
while (made.length < Number(count)) {
  const premise = anyOf(anyOf(pairs));
  const hypothesis = random() < SHARING ? sharing(premise) : anyOf(pairs)[1];
  const pair = `${premise}\t${hypothesis}`;
  if (hypothesis === undefined || hypothesis === premise || seen.has(pair)) continue;
  seen.add(pair);
  made.push(pair);
}
writeFileSync(output, `premise\thypothesis\n${made.join("\n")}\n`);

function sharing(premise) {
  const words = longWords(premise);
  const known = words.length === 0 ? undefined : withWord.get(anyOf(words));
  return known && anyOf(known);
}

function longWords(sentence) {
  return sentence
    .toLowerCase()
    .split(" ")
    .filter((word) => word.length > 3 && !FREQUENT.has(word));
}
