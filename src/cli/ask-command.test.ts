import { expect, test } from "vitest";
import { whereAndHow } from "./ask-command.js";

const typed = ["node", "/bin/tunebert"];

test("texts and folders are typed so that a shell reads them", () => {
  expect(whereAndHow("my model", { text: "it's", textPair: "so be it" }, typed, {})).toEqual([
    "The model and report.html are in my model. Ask it yourself:",
    "  tunebert predict --model 'my model' 'it'\\''s' 'so be it'",
  ]);
});

test("a text that begins with a dash is no option", () => {
  expect(whereAndHow("nli", { text: "- no" }, typed, { npm_command: "exec" })[1]).toBe(
    "  npx tunebert predict --model nli -- '- no'",
  );
});
