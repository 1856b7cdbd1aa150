import { expect, test } from "vitest";
import { sampleCurves, sampleRun } from "../../../test/support/sample-run.js";
import { reportPage } from "./report-page.js";

test("labels are text, and turn the direction of nothing else", async () => {
  const labels = ["<script>alert(1)</script>", "\u202e[x](https://evil.example)"];
  const run = { ...sampleRun, evaluation: undefined, model: { ...sampleRun.model, labels } };
  const page = await reportPage({ run, curves: sampleCurves, mistakes: [] });
  expect(page).not.toMatch(/<script|<a\b/);
  expect(page.match(/\u202e/g)).toHaveLength(2);
  expect(page.match(/<bdi>\u202e\[x\]\(https:\/\/evil\.example\)<\/bdi>/g)).toHaveLength(2);
});
