import { describe, expect, test } from "vitest";
import { localCollectives } from "../../test/support/local-collective.js";
import { BertClassifier } from "../bert/bert-classifier.js";
import { TextDataset } from "../data/text-dataset.js";
import { Random } from "../random.js";
import { classification } from "../tasks/classification.js";
import { Vocabulary } from "../text/vocabulary.js";
import { WordTokenizer } from "../text/word-tokenizer.js";
import type { TrainEvent } from "../train/events.js";
import { Trainer } from "../train/trainer.js";
import type { Collective } from "./collective.js";
import { threads } from "./threads/threads.js";

const WORDS = "a the dog cat runs waits sings no some tall calm".split(" ");
const tokenizer = new WordTokenizer(
  Vocabulary.build(
    WORDS.map((word) => [word, 1] as const),
    1,
  ),
);

async function dataset(size: number, seed: number): Promise<TextDataset> {
  const random = new Random(seed);
  const text = () =>
    Array.from({ length: 1 + random.below(9) }, () => WORDS[random.below(WORDS.length)]).join(" ");
  const examples = Array.from({ length: size }, () => {
    return { text: text(), textPair: text(), label: ["yes", "no", "maybe"][random.below(3)]! };
  });
  return TextDataset.encode(examples, tokenizer, { maxLength: 24, labels: ["yes", "no", "maybe"] });
}

interface Trained {
  readonly events: TrainEvent[];
  readonly parameters: readonly Float32Array[];
}

/** Trains with dropout and clipping, and measures on others. */
async function train(count: number, collective?: Collective, onEvent = () => {}): Promise<Trained> {
  const config = {
    hidden: 16,
    ffn: 16,
    heads: 2,
    blocks: 2,
    maxPositions: 24,
    vocabularySize: tokenizer.size,
  };
  const examples = await dataset(70, 1);
  const model = BertClassifier.fromScratch(config, examples.labelNames, new Random(3));
  const options = { epochs: 2, batchSize: 16, learningRate: 1e-2, clipNorm: 0.5, seed: 5, weightDecay: 0.01 };
  const trainer = new Trainer(
    classification(model, examples, { dropout: 0.2 }),
    threads(count, collective),
    options,
  );
  const events: TrainEvent[] = [];
  const test = await dataset(40, 2);
  for await (const event of trainer.fit({
    test,
    ...(collective && { signal: collective.stopping.signal }),
  })) {
    events.push(event);
    onEvent();
  }
  return { events, parameters: [...model.parameters.values()].map(({ data }) => data) };
}

const told = ({ events }: Trained) =>
  events.map((event) => {
    const {
      loss,
      gradientNorm,
      test: figures,
    } = event as { loss?: number; gradientNorm?: number; test?: object };
    return { event: event.event, loss, gradientNorm, figures };
  });

describe("processes that train together", () => {
  test.each([2, 3])("%i of one thread each have the bits of one with as many threads", async (size) => {
    const alone = await train(size);
    const together = await Promise.all(localCollectives(size).map((one) => train(1, one)));
    for (const one of together) {
      expect(told(one)).toEqual(told(alone));
      expect(one.parameters).toEqual(alone.parameters);
    }
  });

  test("with several threads each, all have the same bits, every time", async () => {
    const twice = await Promise.all(
      [0, 1].map(() => Promise.all(localCollectives(2).map((one) => train(2, one)))),
    );
    const [first, ...others] = twice.flat();
    for (const other of others) {
      expect(other.parameters).toEqual(first!.parameters);
      expect(told(other)).toEqual(told(first!));
    }
    const [together] = told(first!);
    const [alone] = told(await train(4));
    expect(together!.loss).toBeCloseTo(alone!.loss!, 5);
    expect(together!.gradientNorm).toBeCloseTo(alone!.gradientNorm!, 5);
  });

  test("stop after the same step when one of them is asked to", async () => {
    const collectives = localCollectives(2);
    const counts = [0, 0];
    const reason = new Error("enough");
    const trained = collectives.map((one, rank) =>
      train(1, one, () => {
        counts[rank]!++;
        if (rank === 1 && counts[rank] === 3) one.stopping.ask(reason);
      }),
    );
    const [first, second] = await Promise.allSettled(trained);
    expect(first).toMatchObject({ status: "rejected", reason: { message: "rank 1 was asked to stop" } });
    expect(second).toEqual({ status: "rejected", reason });
    expect(counts[0]).toBe(counts[1]);
    expect(counts[0]).toBeLessThan(10);
  });
});
