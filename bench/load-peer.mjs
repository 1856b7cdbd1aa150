// The server that bench/load.ts compares with: Node's http before Transformers.js, one thread, a request at a time.
//
//   node load-peer.mjs FOLDER [q8] [PORT]
//
// to be run where @huggingface/transformers is installed. FOLDER is what `tunebert export --format onnx` wrote.
import { createServer } from "node:http";
import { basename, dirname, resolve } from "node:path";
import { AutoModelForSequenceClassification, AutoTokenizer, env } from "@huggingface/transformers";

const [folder, dtype = "fp32", port = "8082"] = process.argv.slice(2);
env.localModelPath = dirname(resolve(folder));
env.allowRemoteModels = false;
const name = basename(folder);
const tokenizer = await AutoTokenizer.from_pretrained(name);
const session_options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype, session_options });

createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  const { text, textPair } = JSON.parse(body);
  const inputs = await tokenizer(text, { text_pair: textPair, truncation: true });
  const { logits } = await model(inputs);
  const [row] = logits.tolist();
  const powers = row.map((logit) => Math.exp(logit - Math.max(...row)));
  const sum = powers.reduce((a, b) => a + b);
  const scores = powers.map((power) => power / sum);
  const probabilities = Object.fromEntries(scores.map((score, i) => [model.config.id2label[i], score]));
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ label: model.config.id2label[scores.indexOf(Math.max(...scores))], probabilities }),
  );
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
