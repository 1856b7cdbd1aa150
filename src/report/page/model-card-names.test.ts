import { describe, expect, test } from "vitest";
import { sampleRun } from "../../../test/support/sample-run.js";
import { evaluateAnswers } from "../../metrics/evaluation.js";
import { modelCard } from "./model-card.js";

describe("the metadata are YAML whatever the model is called", () => {
  test.each(
    [
      ...["a\n---\nb", "a\r---\rb", "a\u0085---\u0085b", "a\u2028---\u2028b", "\u007f", "\u009b2J", "\ufeff"],
      ...[
        "---",
        "...",
        "- a",
        "a: b",
        "#c",
        "'q\" \\",
        "&a *b !c",
        "%TAG",
        "@x",
        "`y`",
        "null",
        "12",
        "~",
        "",
      ],
      ...["\ud800", "\uffff", "日本語 🚀", "x".repeat(5000)],
    ].map((name) => [name]),
  )("%j", (name) => {
    const [before, metadata] = cardOf(name).split(/^---$/m) as [string, string];
    expect(before).toBe("");
    const lines = metadata.trim().split("\n");
    // What YAML breaks lines at, or forbids: YAML 1.2.2, sections 5.1 and 5.4, and 1.1 for U+0085 and U+2028.
    expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/u);
    const written = lines.filter((line) => /^(- |\s+)(name|type): "/.test(line));
    expect(written).toHaveLength(3);
    for (const line of written) expect(JSON.parse(line.replace(/^[^"]*/, ""))).toBe(name);
    expect(shapeOf(lines)).toEqual(shapeOf(modelCard(sampleRun).split(/^---$/m)[1]!.trim().split("\n")));
  });
});

describe("labels, settings and names are text in the card, not markup and no links", () => {
  test.each(
    [
      ...["https://evil.example/?a=b", "www.evil.example", "evil.example", "me@evil.example", "mailto:me@x"],
      ...["[x](https://evil.example)", "<https://evil.example>", "![i](https://evil.example/i.png)"],
      ...["http://[::1]/`", "a|b https://evil.example|c\\|d", "a|b", "a\\|b", "<img src=x onerror=alert(1)>"],
      ...[
        "*a* _b_ ~~c~~ `d`",
        "$\\href{https://evil.example}{x}$",
        ":smile:",
        "a\n\n# heading",
        "[r]: /evil",
      ],
    ].map((name) => [name]),
  )("%j", (name) => {
    const body = cardOf(name).split(/^---$/m).slice(2).join("---");
    const text = withoutCode(body);
    expect(text).not.toMatch(/\/\/|www\.|evil\.example|@\w|\$|:smile/);
    expect(text.replaceAll(/\\./g, "")).not.toMatch(/[[\]<>*~`|]|!\[/);
    expect(body.match(/^# .*$/gm)).toHaveLength(1);
    expect(tableRows(body)).toEqual([5, 5, 5, 5]);
  });

  test("is code where a reader would make a link of it, even of what is escaped", () => {
    const body = cardOf("see https://evil.example/`");
    expect(body).toContain("# `` see https://evil.example/` ``\n");
    expect(body).toContain("| `` see https://evil.example/` `` |");
    expect(cardOf("plain <b>")).toContain("# plain \\<b\\>\n");
  });
});

/** Lines of YAML without their values. */
function shapeOf(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(".*"|[\d.]+)$/, ""));
}

/** The card of a run in which everything that has a name has this one. */
function cardOf(name: string): string {
  const labels = [name, "other"];
  const probabilities = labels.map((label) => ({ label, probability: 0.5 }));
  const answer = { text: "a", textPair: "b", trueLabel: name, predictedLabel: name, probabilities };
  const data = { train: { ...sampleRun.data.train, name }, test: { ...sampleRun.data.test!, name } };
  return modelCard({
    ...sampleRun,
    ...{ name, data, settings: { classWeights: { [name]: 1 }, limit: name } },
    model: { ...sampleRun.model, labels, pretrained: name },
    machine: { ...sampleRun.machine, processor: name },
    evaluation: { data: "test", ...evaluateAnswers([answer], labels) },
  });
}

/** Markdown without blocks and spans of code, and without the bars of its table. */
function withoutCode(body: string): string {
  return body
    .replaceAll(/^```[\s\S]*?^```$/gm, "")
    .replaceAll(/(?<![\\`])(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, "")
    .replaceAll(/^\|[-:|]+\|$/gm, "")
    .replaceAll(/^\| | \| | \|$/gm, " ");
}

/** How many cells each row of the table has: a bar ends one unless a backslash escapes it, in code too. */
function tableRows(body: string): number[] {
  const rows = body.split("\n").filter((line) => line.startsWith("|"));
  return rows.map((line) => line.replaceAll(/\\./g, "").split("|").length - 2);
}
