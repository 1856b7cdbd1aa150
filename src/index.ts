/**
 * Fine-tunes BERT on texts and pairs of texts. {@link train} does it all in one call. Its parts are these, along the way
 * that a {@link TextExample} travels:
 *
 * 1. {@link readExamples} reads labelled examples, and {@link TextDataset} encodes them with a {@link Tokenizer}.
 *    {@link resolveData} finds, and fetches, the file behind a name such as `snli`.
 * 2. {@link loadPretrained} and {@link classifierFrom} make a model of a pretrained BERT,
 *    {@link BertClassifier.fromScratch} makes one from nothing.
 * 3. {@link Trainer} trains it and reports every step and epoch.
 * 4. {@link trainInFolder} does so in a folder, with a log, checkpoints and a report; {@link prepareModelFolder} and
 *    {@link saveWeights} keep a model by itself. {@link loadModel} brings it back.
 * 5. {@link pretrain} makes a pretrained BERT of plain text; {@link Embedder} and {@link MaskFiller} show what it knows.
 * 6. {@link Predictor} answers with it, and {@link classificationReport} says how good answers are.
 *
 * What a user can cause throws a {@link TunebertError}. Shapes are written with B for the batch, T for the tokens of
 * the sequence, H for the hidden size, V for the vocabulary and K for the labels.
 *
 * @packageDocumentation
 */
export { findLabelIssues, type LabelIssues } from "./audit/confident-learning.js";
export { nearDuplicates } from "./audit/near-duplicates.js";
export type { Suspect } from "./audit/suspects.js";
export { BertClassifier } from "./bert/bert-classifier.js";
export { BertForPretraining } from "./bert/bert-for-pretraining.js";
export type { BertConfig, BertVariant, VariantPooling } from "./bert/config.js";
export type { EmbeddingStd } from "./bert/encoder.js";
export { exportOnnx, type OnnxFile, type OnnxOptions } from "./bert/export-onnx.js";
export type { Freeze } from "./bert/freeze.js";
export type { PretrainingHeads } from "./bert/pretraining-program.js";
export type { Answers, AnswersOf, AnyOf, TaskName } from "./data/answers.js";
export type { ByteSource } from "./data/byte-source.js";
export type { RememberedColumns } from "./data/columns.js";
export {
  Corpus,
  type CorpusData,
  type CorpusRoom,
  type CorpusVocabularyOptions,
  type SentenceGroups,
} from "./data/corpus.js";
export {
  type PretrainingExample,
  PretrainingExamples,
  type PretrainingExamplesOptions,
} from "./data/pretraining-examples.js";
export { type ReadExamplesOptions, readExamples, readSnli } from "./data/read-examples.js";
export { type ReadSentencesOptions, readSentences, type TextFormat } from "./data/sentences.js";
export {
  type EncodeOptions,
  type NewVocabularyOptions,
  TextDataset,
  type TextDatasetData,
} from "./data/text-dataset.js";
export { type ErrorText, type OptionErrorText, TunebertError, type TunebertErrorOptions } from "./error.js";
export { type Artifact, catalog, type Split } from "./hub/fetch/catalog.js";
export type { DownloadPatience } from "./hub/fetch/download.js";
export {
  type FetchEvent,
  type Fetched,
  type FetchOptions,
  fetchArtifact,
} from "./hub/fetch/fetch-artifact.js";
export type { HttpBodyReader, HttpFetch, HttpResponse } from "./hub/fetch/http.js";
export { resolveData, resolvePretrained } from "./hub/fetch/resolve.js";
export { streamBytes } from "./hub/files/files.js";
export type { FolderLock } from "./hub/files/folder-lock.js";
export type { LockOptions } from "./hub/files/lock.js";
export type { StoredCheckpoint } from "./hub/store/checkpoint-file.js";
export {
  CheckpointFolder,
  type CheckpointFolderOptions,
  type CheckpointPlace,
  type FoundCheckpoint,
  latestCheckpoint,
} from "./hub/store/checkpoint-folder.js";
export {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  exportModel,
  type QuantizationCost,
} from "./hub/store/export-model.js";
export {
  type LoadedForPretraining,
  type LoadForPretrainingOptions,
  loadForPretraining,
} from "./hub/store/load-for-pretraining.js";
export {
  type LoadOptions,
  loadModel,
  prepareModelFolder,
  type SavedModel,
  type SavedModelOf,
  saveWeights,
} from "./hub/store/model-folder.js";
export {
  classifierFrom,
  loadPretrained,
  type Pretrained,
  type PretrainedOptions,
} from "./hub/store/pretrained.js";
export {
  type ClassificationReport,
  classificationReport,
  type LabelScores,
} from "./metrics/classification-report.js";
export type { LabelProbability } from "./metrics/label-probabilities.js";
export { type MultiLabelReport, multiLabelReport, type ThresholdScores } from "./metrics/multi-label.js";
export type { Activation } from "./nn/activation.js";
export type { DropoutRates } from "./nn/network.js";
export type { WeightBits } from "./onnx/weight-bits.js";
export type { LabelledExample } from "./predict/answer-labelled.js";
export { Embedder, type EmbedderOptions, type Embedding } from "./predict/embedder.js";
export { type Candidate, MaskFiller, type MaskFillerOptions } from "./predict/mask-filler.js";
export {
  type MultiLabelPrediction,
  type NumberPrediction,
  type Prediction,
  type PredictionOf,
  Predictor,
  type PredictorOptions,
  type Question,
} from "./predict/predictor.js";
export { Random } from "./random.js";
export {
  type CurvePoint,
  type Curves,
  type DrawnFigure,
  drawLearningCurves,
  type LearningCurves,
} from "./report/charts/learning-curves.js";
export type { DataRecord } from "./report/files/run-record.js";
export {
  type Audit,
  type AuditOptions,
  audit,
  type DuplicateGroup,
  type Fold,
  type Leak,
} from "./run/audit.js";
export type { RunCheckpoints } from "./run/follow-run.js";
export type { Listener, ListenerState, ResumedFrom } from "./run/listeners/listener.js";
export type { RunDescription } from "./run/listeners/run-report.js";
export type { RunOptions } from "./run/options.js";
export { type PretrainingResult, pretrain } from "./run/pretrain.js";
export type { PretrainOptions } from "./run/pretrain-options.js";
export { quantizationCost } from "./run/quantization-cost.js";
export { inRunFolder, type RunFolder, type RunFolderOptions } from "./run/run-folder.js";
export { type Trained, train } from "./run/train.js";
export {
  type TrainingResult,
  type TrainingRun,
  trainInFolder,
} from "./run/train-in-folder.js";
export type {
  Absent,
  CommonTrainOptions,
  ExampleSource,
  FromPretrained,
  FromScratch,
  Learning,
  NotSelecting,
  Selecting,
  TrainOptions,
} from "./run/train-options.js";
export { type Collective, type Pieces, Stopping } from "./runtime/collective.js";
export type { Device, Engine, Parameters, Programs, RunOutputs, RunShape } from "./runtime/engine.js";
export type { AdamStep } from "./runtime/optimizer/adam.js";
export type { MomentPair, Moments } from "./runtime/optimizer/moments.js";
export type {
  Feed,
  Program,
  ProgramMask,
  ProgramParameter,
  Run,
  SharedParameter,
  SymbolicShape,
} from "./runtime/program.js";
export { threads } from "./runtime/threads/threads.js";
export type { WorkSeconds } from "./runtime/work-seconds.js";
export type { LoggedRequest } from "./serve/logged-request.js";
export { type RunningServer, type ServeOptions, serve } from "./serve/serve.js";
export type { ClassWeights } from "./tasks/class-weights.js";
export { type ClassificationOptions, classification } from "./tasks/classification.js";
export { type DistillationOptions, distillation } from "./tasks/distillation.js";
export type { FigureKind, Figures } from "./tasks/figures.js";
export type { FineTuningOptions } from "./tasks/fine-tuning.js";
export { multiLabel } from "./tasks/multi-label.js";
export { type PretrainingOptions, pretraining } from "./tasks/pretraining.js";
export { regression } from "./tasks/regression.js";
export type {
  Batch,
  BatchOptions,
  BatchWork,
  EvaluateOptions,
  StepSize,
  Task,
} from "./tasks/task.js";
export type { Packed } from "./text/pack.js";
export type { AddedToken } from "./text/subwords/added-tokens.js";
export type { BertNormalizer } from "./text/subwords/bert-words.js";
export { SubwordTokenizer } from "./text/subwords/subword-tokenizer.js";
export type { WordPieceOptions } from "./text/subwords/tokenizer-json.js";
export { WordPieceTokenizer } from "./text/subwords/word-piece-tokenizer.js";
export type { TextExample, Texts } from "./text/text-example.js";
export type { Words } from "./text/tokenize.js";
export type { Tokenizer } from "./text/tokenizer.js";
export type { TruncationName } from "./text/truncate-pair.js";
export { Vocabulary } from "./text/vocabulary.js";
export { WordTokenizer } from "./text/word-tokenizer.js";
export type { Checkpoint, CheckpointState, CheckpointStore, ReadCheckpoint } from "./train/checkpoint.js";
export type { CheckpointInterval } from "./train/checkpoints.js";
export type {
  CheckpointEvent,
  DoneEvent,
  EpochEvent,
  StepEvent,
  StepWork,
  TrainEvent,
} from "./train/events.js";
export type { Fingerprint, Setting } from "./train/fingerprint.js";
export type { BestEpoch, EpochFigures } from "./train/model-selection.js";
export type { TrainerOptions } from "./train/options.js";
export type { ScheduleName } from "./train/schedule.js";
export { type FitOptions, type HeldOutSet, type MeasuringProgress, Trainer } from "./train/trainer.js";
export type { SavedTrainingState } from "./train/training-state.js";
export type { StateDict, Tensor, TensorData, TensorType } from "./weights/tensor.js";
