import type { BertClassifier } from "../bert/bert-classifier.js";
import { lossShares } from "../bert/classification-head.js";
import { type DistillationTargets, distillationHead } from "../bert/distillation-head.js";
import { UNLABELLED } from "../data/label-ids.js";
import type { MicroBatch } from "../data/micro-batches.js";
import type { TextDataset } from "../data/text-dataset.js";
import { TunebertError } from "../error.js";
import { argmaxRows } from "../metrics/argmax-rows.js";
import { checkOptions, type OptionValues, option, settingsOf } from "../option.js";
import { fraction, positiveNumber } from "../option-kinds.js";
import { type ClassificationOptions, classifying } from "./classification.js";
import { fineTuning } from "./fine-tuning.js";
import type { StepSize, Task } from "./task.js";

export const distillationOptions = {
  /** by which the teacher's and the student's logits are divided; default 2 */
  temperature: option(positiveNumber, {
    default: 2,
    help: "with --teacher: by which logits are divided, so that what the teacher finds less likely counts too",
    inFingerprint: true,
  }),
  /** what a labelled example counts by its teacher; the rest by its label. Default 0.5. */
  teacherWeight: option(
    {
      ...fraction,
      expected: "a number from 0 to 1",
      fits: (value): value is number => typeof value === "number" && value >= 0 && value <= 1,
    },
    {
      default: 0.5,
      help: "with --teacher: how much of a labelled example's loss is the teacher's; the rest is the label's",
      inFingerprint: true,
    },
  ),
};

/**
 * How a student learns from its teacher.
 * @interface
 */
export type DistillationOptions = OptionValues<typeof distillationOptions>;

/**
 * Learning from a teacher: {@link classification} in which the loss of an example is, of a labelled one, (1 - w) times the
 * cross-entropy with its label and w T² times the divergence from the teacher's probabilities, and of an unlabelled one T² times
 * the divergence; T is the temperature and w the teacher's weight. T² makes up for what the temperature takes from the gradients.
 * @param train the examples to learn from; some may have no label
 * @param teacher (n · K) the teacher's logits for them, in the order of the student's labels
 * @throws TunebertError as {@link classification}, or when there are not as many logits
 * @example
 * const { model, tokenizer } = await loadModel("nli");
 * const examples = readExamples(streamBytes("train.csv"), { fileName: "train.csv" });
 * const train = await TextDataset.encode(examples, tokenizer, { labels: model.labels });
 * const teacher = await Predictor.start({ model, tokenizer, maxLength: 128 });
 * const task = distillation(model, train, await teacher.logits(train), { temperature: 2 });
 * await teacher.close();
 * for await (const event of new Trainer(task, threads(1), { epochs: 1 }).fit()) if (event.event === "epoch") console.log(event.train.loss);
 */
export function distillation(
  model: BertClassifier,
  train: TextDataset,
  teacher: Float32Array,
  options: Partial<ClassificationOptions & DistillationOptions> = {},
): Task<TextDataset> {
  const { temperature, teacherWeight, ...others } = options;
  const given = checkOptions(distillationOptions, { temperature, teacherWeight });
  const K = model.labels.length;
  if (teacher.length !== train.size * K) {
    throw new TunebertError(
      `the teacher has ${teacher.length} logits for ${train.size} examples of ${K} labels; expected ${train.size * K}`,
    );
  }
  const supervision = classifying(model, train, others);
  const known = logProbabilities(teacher, K, given.temperature);
  const taught = argmaxRows(teacher, K);
  const { temperature: T, teacherWeight: w } = given;
  return fineTuning<DistillationTargets>(
    model,
    train,
    {
      ...supervision,
      head: distillationHead(K, T),
      settings: { ...supervision.settings, ...settingsOf(distillationOptions, given) },
      encoding: (examples) => (examples === train ? withLabels(teacher, examples.labels) : examples.labels),
      expectTarget(examples, example) {
        if (examples !== train || examples.labels[example] !== UNLABELLED)
          supervision.expectTarget(examples, example);
      },
      targets(examples: Int32Array, step: StepSize) {
        const byLabels = supervision.targetsOf(examples, step, 1 - w);
        const unweighted = new Int32Array(examples.length).fill(UNLABELLED);
        const shares = lossShares(unweighted, step.batchSize, { classWeights: [] });
        const shareOf = new Map(Array.from(examples, (example, i) => [example, shares[i]!]));
        return (batch: MicroBatch) => {
          const teacherOf = new Float32Array(batch.examples.length * K);
          const teacherWeights = new Float32Array(teacherOf.length);
          batch.examples.forEach((example, b) => {
            const counts = batch.labels[b] === UNLABELLED ? 1 : w;
            const share = shareOf.get(example)! * counts * T * T;
            for (let k = 0; k < K; k++) {
              const logarithm = known[example * K + k]!;
              teacherOf[b * K + k] = logarithm;
              teacherWeights[b * K + k] = share * Math.exp(logarithm);
            }
          });
          return { labels: byLabels(batch), teacher: teacherOf, teacherWeights };
        };
      },
      measure(logits, examples) {
        const answers = argmaxRows(logits, K);
        const isRight = (example: number, i: number) => {
          const label = train.labels[example]!;
          return answers[i] === (label === UNLABELLED ? taught[example] : label);
        };
        return { accuracy: examples.reduce((sum, example, i) => sum + Number(isRight(example, i)), 0) };
      },
    },
    others,
  );
}

/** The logarithms of the probabilities of logits [n, K] that are divided by a temperature. */
function logProbabilities(logits: Float32Array, K: number, temperature: number): Float32Array {
  const all = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += K) {
    const row = Array.from(logits.subarray(start, start + K), (logit) => logit / temperature);
    const most = Math.max(...row);
    const total = most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
    row.forEach((logit, k) => {
      all[start + k] = logit - total;
    });
  }
  return all;
}

function withLabels(teacher: Float32Array, labels: Int32Array): Float32Array {
  const all = new Float32Array(teacher.length + labels.length);
  all.set(teacher);
  all.set(labels, teacher.length);
  return all;
}
