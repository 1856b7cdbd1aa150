import { labelsOf } from "../data/answers.js";
import type { OptionValues } from "../option.js";
import { version } from "../run/version.js";
import type { serveOptions } from "./options.js";
import type { ServedModel } from "./served-model.js";

/** What the server understands, as OpenAPI 3.1 describes it, for the model that it has. */
export function openApi(served: ServedModel, options: OptionValues<typeof serveOptions>): object {
  const { maxExamples, apiKey } = options;
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const json = (schema: object) => ({ "application/json": { schema } });
  const oneOrMany = (name: string) => ({
    oneOf: [ref(name), { type: "array", items: ref(name), minItems: 1, maxItems: maxExamples }],
  });
  const failures = {
    400: { description: "What was asked is not understood", content: json(ref("Error")) },
    401: { description: "The key is missing or wrong", content: json(ref("Error")) },
    403: { description: "The Host header names another server", content: json(ref("Error")) },
    413: { description: "It is too much", content: json(ref("Error")) },
    415: { description: "It is not application/json", content: json(ref("Error")) },
    500: { description: "The model has no answer", content: json(ref("Error")) },
    503: {
      description: "Too many wait",
      headers: { "Retry-After": { schema: { type: "integer" }, description: "Seconds" } },
      content: json(ref("Error")),
    },
  };
  return {
    openapi: "3.1.0",
    info: { title: served.name, version, description: "A text classifier, served by tunebert." },
    ...(apiKey !== undefined && { security: [{ key: [] }] }),
    paths: {
      "/predict": {
        post: {
          summary: "Answers one example, or several in their order",
          requestBody: {
            required: true,
            content: json({ oneOf: [...oneOrMany("Question").oneOf, ref("TeiRequest")] }),
          },
          responses: {
            200: {
              description: "An answer, or a list of them",
              content: json({
                oneOf: [
                  ...oneOrMany("Answer").oneOf,
                  ref("TeiScores"),
                  { type: "array", items: ref("TeiScores") },
                ],
              }),
            },
            ...failures,
          },
        },
      },
      "/explain": {
        post: {
          summary: "Tells how much each token of an example matters",
          requestBody: { required: true, content: json(ref("Question")) },
          responses: { 200: { description: "The tokens", content: json(ref("Explained")) }, ...failures },
        },
      },
      "/model": {
        get: {
          summary: "Tells which model it is",
          responses: { 200: { description: "Its name and labels" } },
        },
      },
      "/health": {
        get: {
          summary: "Tells whether the server takes requests",
          security: [],
          responses: { 200: { description: "It does" }, 503: { description: "It is about to end" } },
        },
      },
      "/metrics": {
        get: { summary: "Figures as Prometheus reads them", responses: { 200: { description: "Text" } } },
      },
    },
    components: {
      schemas: schemas(served, options),
      ...(apiKey !== undefined && { securitySchemes: { key: { type: "http", scheme: "bearer" } } }),
    },
  };
}

function schemas(
  { texts, answers }: ServedModel,
  { maxCharacters }: OptionValues<typeof serveOptions>,
): Record<string, object> {
  const text = { type: "string", maxLength: maxCharacters };
  const number = { type: "number" };
  const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
    type: "object",
    properties,
    required,
  });
  const labels = labelsOf(answers);
  const label = { type: "string", ...(labels.length > 0 && { enum: labels }) };
  const probabilities = object(
    Object.fromEntries(labels.map((name) => [name, { type: "number", minimum: 0, maximum: 1 }])),
  );
  const answer =
    answers === "number"
      ? object({ number })
      : object(
          "anyOf" in answers
            ? { labels: { type: "array", items: label }, probabilities }
            : { label, probabilities },
        );
  return {
    Question: object(texts === 2 ? { text, textPair: text } : { text }),
    Answer: answer,
    TeiRequest: object(
      {
        inputs: { description: "A text, a list of two where the model takes pairs, or a list of either" },
        raw_scores: { type: "boolean", default: false },
        truncate: { type: "boolean", default: false },
      },
      ["inputs"],
    ),
    TeiScores: { type: "array", items: object({ score: number, label: { type: "string" } }) },
    Explained: object(
      {
        label,
        score: number,
        tokens: {
          type: "array",
          items: object({
            token: { type: "string" },
            text: { type: "integer", enum: [1, 2] },
            importance: number,
          }),
        },
      },
      ["score", "tokens"],
    ),
    Error: object({ error: { type: "string" }, error_type: { type: "string" } }),
  };
}
