import { TunebertError } from "../../error.js";
import * as json from "../json-reader.js";
import { bertTemplate, type Template } from "../pack.js";
import { showJson } from "../show-json.js";

/**
 * The `post_processor` of a tokenizer.json: which special tokens stand around texts.
 * @throws TunebertError of one that puts texts together otherwise than BERT or RoBERTa
 */
export const readPostProcessor: json.JsonReader<Template> = (value, place) => {
  const { type } = readType(value, place);
  const read = json.own(POST_PROCESSORS, type);
  if (read === undefined) throw json.fault(type, `${place}.type`, Object.keys(POST_PROCESSORS).join(", "));
  return read(value, place);
};

const readType = json.object({ type: json.string });

const readNamedId: json.JsonReader<number> = (value, place) => {
  const [, id] = json.list(json.anything)(value, place);
  return json.count(id, `${place}[1]`);
};
const readClsAndSep = json.object({ cls: readNamedId, sep: readNamedId });

const readPiece = json.object({ id: json.string, type_id: json.count });
const readStep = json.object({ SpecialToken: json.optional(readPiece), Sequence: json.optional(readPiece) });
const readTemplate = json.object({
  single: json.list(readStep),
  pair: json.list(readStep),
  special_tokens: json.record(json.object({ ids: json.list(json.count) })),
});
type Step = ReturnType<typeof readStep>;

const POST_PROCESSORS: Readonly<Record<string, json.JsonReader<Template>>> = {
  BertProcessing: (value, place) => bertTemplate(readClsAndSep(value, place)),
  /** Liu et al. (2019): two tokens between the texts, and a single segment. */
  RobertaProcessing(value, place) {
    const { cls, sep } = readClsAndSep(value, place);
    return {
      single: { before: [cls], after: [sep] },
      pair: { before: [cls], between: [sep, sep], after: [sep], secondSegment: 0 },
    };
  },
  TemplateProcessing(value, place) {
    const { single, pair, special_tokens } = readTemplate(value, place);
    const around = split(single, special_tokens, `${place}.single`);
    const { parts, segments } = split(pair, special_tokens, `${place}.pair`);
    const [before = [], between = [], after = []] = parts;
    const [first = [], second = []] = segments;
    const all = [...first, ...second];
    const secondSegment = all.some((segment) => segment !== 0) ? 1 : 0;
    const isBerts =
      first.every((segment) => segment === 0) && second.every((segment) => segment === secondSegment);
    if (
      around.parts.length !== 2 ||
      parts.length !== 3 ||
      !isBerts ||
      around.segments.flat().some((one) => one !== 0)
    ) {
      throw new TunebertError(
        `${place} puts texts together otherwise than BERT and RoBERTa, first text, second text: ${showJson(pair)}`,
      );
    }
    const [start = [], end = []] = around.parts;
    return { single: { before: start, after: end }, pair: { before, between, after, secondSegment } };
  },
  /** Of which one puts texts together; the bytes of the tokens have been seen to. */
  Sequence(value, place) {
    const { processors } = json.object({ processors: json.list(readType) })(value, place);
    const [only, ...more] = processors.filter(({ type }) => type !== "ByteLevel");
    if (only === undefined || more.length > 0) {
      throw json.fault(
        processors.map(({ type }) => type),
        `${place}.processors`,
        "one that puts texts together",
      );
    }
    return readPostProcessor(only, place);
  },
};

/** The ids between the texts of a template, and the segments of what there is up to the second text, and from it on. */
function split(
  steps: readonly Step[],
  special: Readonly<Record<string, { readonly ids: readonly number[] }>>,
  place: string,
): { readonly parts: readonly (readonly number[])[]; readonly segments: readonly (readonly number[])[] } {
  const parts: number[][] = [[]];
  const segments: number[][] = [[]];
  for (const [i, { SpecialToken, Sequence }] of steps.entries()) {
    if (Sequence) {
      const expected = ["A", "B"][parts.length - 1];
      if (Sequence.id !== expected)
        throw json.fault(Sequence.id, `${place}[${i}]`, expected ?? "no more texts");
      if (expected === "B") segments.push([]);
      parts.push([]);
    } else if (SpecialToken) {
      const found = json.own(special, SpecialToken.id);
      if (!found) throw json.fault(SpecialToken.id, `${place}[${i}]`, "one of special_tokens");
      parts.at(-1)!.push(...found.ids);
    }
    const { type_id } = Sequence ?? SpecialToken ?? { type_id: 0 };
    segments.at(-1)!.push(type_id);
  }
  return { parts, segments };
}
