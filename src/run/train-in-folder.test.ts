import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { TINY_CONFIG, tinyPairs } from "../../test/support/tiny.js";
import { BertClassifier } from "../bert/bert-classifier.js";
import { TextDataset } from "../data/text-dataset.js";
import { loadModel } from "../hub/store/model-folder.js";
import type { AnsweredExample } from "../metrics/answered-example.js";
import { answerLabelled } from "../predict/answer-labelled.js";
import { Predictor } from "../predict/predictor.js";
import { Random } from "../random.js";
import { parsePredictions } from "../report/files/predictions-file.js";
import { threads } from "../runtime/threads/threads.js";
import type { DoneEvent } from "../train/events.js";
import { type TrainingRun, trainInFolder } from "./train-in-folder.js";

const folder = mkdtempSync(join(tmpdir(), "tunebert-run-"));
afterAll(() => rmSync(folder, { recursive: true }));

const maxLength = 16;
const pairs = tinyPairs();
const { dataset: train, tokenizer } = await TextDataset.encodeWithNewVocabulary(pairs, {
  ...{ maxLength, minFrequency: 1 },
});

/** With a model of its own, always the same. */
function runOf(name: string, rest: Partial<TrainingRun> = {}): TrainingRun {
  const config = { ...TINY_CONFIG, vocabularySize: tokenizer.size };
  const model = BertClassifier.fromScratch(config, train.labelNames, new Random(0));
  const options = { epochs: 2, batchSize: 12, threads: 1, learningRate: 1e-3, ...rest.options };
  return { model, tokenizer, maxLength, train, out: join(folder, name), ...rest, options };
}

const bytesOf = (name: string, file: string) => readFileSync(join(folder, name, file));
const predictionsOf = (name: string) =>
  parsePredictions(bytesOf(name, "predictions.jsonl").toString(), "predictions.jsonl");

/** What the model in a folder answers, as its answers are written. */
async function answersIn(name: string): Promise<AnsweredExample[]> {
  await using predictor = await Predictor.start({
    ...(await loadModel(join(folder, name))),
    device: threads(1),
  });
  const answers = await answerLabelled(predictor, pairs);
  return answers.map(({ probabilities, ...answer }) => ({
    ...answer,
    probabilities: probabilities.map(({ label, probability }) => ({
      label,
      probability: Number(probability.toPrecision(6)),
    })),
  }));
}

const events: string[] = [];
let done: DoneEvent;
beforeAll(async () => {
  const listeners = [{ handle: ({ event }: { event: string }) => void events.push(event) }];
  done = await trainInFolder(runOf("whole", { test: train, heldOut: pairs, listeners }));
});

test("a run leaves the model, its log, checkpoints and reports, and tells its listeners", async () => {
  const files = ["curves.svg", "report.html", "MODEL_CARD.md", "run.json", "metrics.jsonl", "checkpoints"];
  expect(files.filter((file) => !existsSync(join(folder, "whole", file)))).toEqual([]);
  expect(events.filter((event) => event !== "checkpoint")).toEqual([
    "step",
    "step",
    "step",
    "epoch",
    "step",
    "step",
    "step",
    "epoch",
    "done",
  ]);
  expect(events).toContain("checkpoint");
  expect(done).toMatchObject({ step: 6, epoch: 2 });
  expect(JSON.parse(bytesOf("whole", "run.json").toString())).toMatchObject({
    data: { train: { name: "training examples", pairs: 36 }, test: { name: "test examples", pairs: 36 } },
    evaluation: { data: "test", accuracy: done.test?.accuracy },
  });
});

test("the answers are those of the saved model", async () => {
  expect(predictionsOf("whole")).toEqual(await answersIn("whole"));
});

test("a run that is resumed ends with the bits of one that never stopped", async () => {
  const kept: number[] = [];
  const rest = {
    test: train,
    heldOut: pairs,
    checkpoints: { onKept: (step: number) => void kept.push(step) },
  };
  await trainInFolder(runOf("resumed", { ...rest, options: { epochs: 1 } }));
  const resumed = await trainInFolder(runOf("resumed", { ...rest, resume: true }));
  expect(kept).toEqual([3, 6]);
  expect(resumed).toMatchObject({ step: 6, test: done.test });
  for (const file of ["model.safetensors", "predictions.jsonl", "curves.svg"]) {
    expect(bytesOf("resumed", file).equals(bytesOf("whole", file)), file).toBe(true);
  }
});

test("where an earlier epoch's model is kept, the answers are that one's", async () => {
  const options = { epochs: 4, learningRate: 0.3, metric: "loss" };
  const run = () => runOf("best", { validation: train, heldOut: pairs, options });
  const asked = vi.spyOn(Predictor, "start");
  const { bestEpoch } = await trainInFolder(run());
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
  expect(bestEpoch).toBeLessThan(4);
  const answers = await answersIn("best");
  expect(predictionsOf("best")).toEqual(answers);
  // A run that ended before its report was written.
  rmSync(join(folder, "best", "run.json"));
  rmSync(join(folder, "best", "predictions.jsonl"));
  await trainInFolder({ ...run(), resume: true });
  expect(predictionsOf("best")).toEqual(answers);
});

test("texts that are not those of the set are refused, and nothing is written", async () => {
  await expect(trainInFolder(runOf("other", { test: train, heldOut: pairs.slice(1) }))).rejects.toThrow(
    "heldOut has 35 examples, but the test set 36",
  );
  expect(existsSync(join(folder, "other"))).toBe(false);
});

test("a folder that holds a model is left as it is, unless it may be overwritten", async () => {
  const before = bytesOf("whole", "run.json");
  await expect(trainInFolder(runOf("whole"))).rejects.toThrow("holds a trained model already");
  expect(bytesOf("whole", "run.json").equals(before)).toBe(true);
});

test("a signal ends the run with a checkpoint, and its reason is thrown", async () => {
  const controller = new AbortController();
  const stop = { handle: () => controller.abort(new Error("enough")) };
  const { signal } = controller;
  await expect(trainInFolder(runOf("stopped", { signal, listeners: [stop] }))).rejects.toThrow("enough");
  expect(existsSync(join(folder, "stopped", "checkpoints", "step-1.safetensors"))).toBe(true);
});
