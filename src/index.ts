export { BertClassifier } from "./bert/bert-classifier.js";
export type { BertConfig } from "./bert/config.js";
export { PairDataset } from "./data/pair-dataset.js";
export { type ReadPairsOptions, readPairs, readSnli } from "./data/read-pairs.js";
export type { TextPair } from "./data/text-pair.js";
export { TunebertError } from "./error.js";
export { type Artifact, catalog, type Split } from "./hub/catalog.js";
export { type FetchEvent, type Fetched, type FetchOptions, fetchArtifact } from "./hub/fetch-artifact.js";
export { streamBytes } from "./hub/files.js";
export type { HttpFetch } from "./hub/http.js";
export { loadModel, prepareModelFolder, type SavedModel, saveWeights } from "./hub/model-folder.js";
export {
  classifierFrom,
  loadPretrained,
  type Pretrained,
  type PretrainedOptions,
} from "./hub/pretrained.js";
export { resolveData, resolvePretrained } from "./hub/resolve.js";
export {
  type ClassificationReport,
  classificationReport,
  type LabelScores,
} from "./predict/classification-report.js";
export { type Prediction, Predictor, type PredictorOptions } from "./predict/predictor.js";
export { Random } from "./random.js";
export { drawLearningCurves, type LearningCurves } from "./report/learning-curves.js";
export type { TruncationName } from "./text/truncate-pair.js";
export { Vocabulary } from "./text/vocabulary.js";
export type { DoneEvent, EpochEvent, StepEvent, TrainEvent } from "./train/events.js";
export type { TrainerOptions } from "./train/options.js";
export { Trainer } from "./train/trainer.js";
