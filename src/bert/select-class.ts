import { TunebertError } from "../error.js";
import type { StateDict } from "../weights/tensor.js";
import { inferConfig } from "./infer-config.js";
import { isOfOutputLayer, modelParameters } from "./model-program.js";

/** d2l's two classes: `BERTModel` of section 15.8 and `BERTClassifier` of section 16.7. */
export type BertClass = keyof typeof CLASS_NAMES;

/**
 * The tensors that one of d2l's classes has, in the order in which PyTorch's `state_dict` gives them, so that
 * `load_state_dict` accepts them as they are. Both have the encoder and the hidden layer; a model has the heads of
 * pretraining besides, a classifier the output layer.
 * @param state a BERT under its PyTorch names
 * @throws TunebertError that lists the tensors that are missing
 */
export function selectClass(state: StateDict, bertClass: BertClass): StateDict {
  // Numbers of heads and of labels play no part in names.
  const classifier = [...modelParameters(inferConfig(state, 1), 1).keys()];
  const model = [...classifier.filter((name) => !isOfOutputLayer(name)), ...PRETRAINING_HEADS];
  const names = { model, classifier }[bertClass];
  const missing = names.filter((name) => !state.has(name));
  if (missing.length === 0) return new Map(names.map((name) => [name, state.get(name)!]));
  const shown = missing.slice(0, MAX_SHOWN).join(", ");
  const more = missing.length > MAX_SHOWN ? ` and ${missing.length - MAX_SHOWN} more` : "";
  throw new TunebertError(
    `the weights are not all of a ${CLASS_NAMES[bertClass]}: ${shown}${more} missing; ${ADVICE}`,
  );
}

const PRETRAINING_HEADS = ["mlm.mlp.0", "mlm.mlp.2", "mlm.mlp.3", "nsp.output"].flatMap((module) => [
  `${module}.weight`,
  `${module}.bias`,
]);
const CLASS_NAMES = { model: "BERTModel", classifier: "BERTClassifier" } as const;
export const BERT_CLASSES = Object.keys(CLASS_NAMES) as readonly BertClass[];
const ADVICE =
  "a model has the pretraining heads, which training keeps where it started from them, a classifier the output layer";
const MAX_SHOWN = 8;
