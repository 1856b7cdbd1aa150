/** What the page does in a browser. It is served as it is compiled, so it imports nothing. */

interface Model {
  readonly name: string;
  readonly task: "classification" | "multi-label" | "regression";
  readonly labels: readonly string[];
  readonly texts: 1 | 2;
  readonly maxLength: number;
}

interface Answer {
  readonly label?: string;
  readonly labels?: readonly string[];
  readonly number?: number;
  readonly probabilities?: Readonly<Record<string, number>>;
}

interface Explained {
  readonly label?: string;
  readonly score: number;
  readonly tokens: readonly { readonly token: string; readonly text: 1 | 2; readonly importance: number }[];
}

interface Question {
  readonly text: string;
  readonly textPair?: string;
}

/** Answers that are kept on the page. */
const LATEST = 10;
/** Labels that are shown; of more, the most probable. */
const SHOWN = 20;

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const form = element<HTMLFormElement>("form");
const text = element<HTMLTextAreaElement>("text");
const pair = element<HTMLTextAreaElement>("pair");
const key = element<HTMLInputElement>("key");
const buttons = [element<HTMLButtonElement>("ask"), element<HTMLButtonElement>("why")];
let model: Model | undefined;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void ask(false);
});
buttons[1]?.addEventListener("click", () => {
  if (form.reportValidity()) void ask(true);
});
text.addEventListener("keydown", submitOnControlEnter);
pair.addEventListener("keydown", submitOnControlEnter);
key.addEventListener("change", () => void attempt(describe));
void attempt(describe);

function submitOnControlEnter(event: KeyboardEvent): void {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
}

async function describe(): Promise<void> {
  model = (await call("/model")) as Model;
  document.title = `${model.name} – tunebert`;
  element("name").textContent = model.name;
  element("about").textContent = about(model);
  element("pair-field").hidden = model.texts === 1;
  pair.required = model.texts === 2;
  element("text-label").textContent = model.texts === 1 ? "Text" : "First text";
}

function about({ task, labels, texts, maxLength }: Model): string {
  const shown = labels.slice(0, SHOWN).join(", ") + (labels.length > SHOWN ? ", …" : "");
  const what = {
    classification: `says which of ${labels.length} labels fits: ${shown}`,
    "multi-label": `says which of ${labels.length} labels apply: ${shown}`,
    regression: "answers with a number",
  }[task];
  return `${texts === 1 ? "Reads a text" : "Reads two texts"} of up to ${maxLength} tokens and ${what}.`;
}

async function ask(withReasons: boolean): Promise<void> {
  await attempt(async () => {
    if (!model) await describe();
    const question = { text: text.value, ...(model?.texts === 2 && { textPair: pair.value }) };
    const answer = (await call("/predict", question)) as Answer;
    showAnswer(answer);
    remember(question, answer);
    element("tokens").hidden = true;
    if (withReasons) showTokens((await call("/explain", question)) as Explained);
  });
}

/** Does something that may fail, and says why it did. */
async function attempt(action: () => Promise<void>): Promise<void> {
  for (const button of buttons) button.disabled = true;
  element("problem").textContent = "";
  try {
    await action();
  } catch (error) {
    element("problem").textContent = error instanceof Error ? error.message : String(error);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

async function call(path: string, body?: object): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (key.value !== "") headers.authorization = `Bearer ${key.value}`;
  if (body) headers["content-type"] = "application/json";
  const response = await fetch(path, {
    headers,
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  if (response.status === 401) element("key-field").hidden = false;
  const answer = (await response.json()) as { readonly error?: string };
  if (!response.ok) throw new Error(response.status === 401 ? "Give the server's key." : answer.error);
  return answer;
}

function showAnswer(answer: Answer): void {
  element("answer").hidden = false;
  element("said").textContent = said(answer);
  const entries = Object.entries(answer.probabilities ?? {}).sort(([, a], [, b]) => b - a);
  element("bars").replaceChildren(...entries.slice(0, SHOWN).map(bar));
}

function said({ label, labels, number }: Answer): string {
  if (number !== undefined) return String(number);
  return label ?? (labels?.join(", ") || "None of the labels");
}

function bar([label, probability]: [string, number]): HTMLLIElement {
  const made = document.createElement("li");
  const part = (className: string, content: string | Node) => {
    const one = document.createElement("div");
    one.className = className;
    one.append(content);
    return one;
  };
  const filled = document.createElement("div");
  filled.style.width = `${100 * probability}%`;
  made.append(
    part("name", label),
    part("bar", filled),
    part("number", `${(100 * probability).toFixed(1)} %`),
  );
  return made;
}

/** Each token, underlined by what the answer would lose or win without it. */
function showTokens({ label, score, tokens }: Explained): void {
  const largest = Math.max(...tokens.map(({ importance }) => Math.abs(importance)), 1e-9);
  const what =
    label === undefined ? `the number, ${score}` : `the probability of ${label}, ${score.toFixed(3)}`;
  element("tokens-note").textContent =
    `Each token was hidden in turn. A single line under it: without it ${what}, would be less. A double line: it would be more. ` +
    "In bold what changes it by more than half of the most.";
  const texts = [1, 2]
    .map((which) => tokens.filter(({ text }) => text === which))
    .filter(({ length }) => length > 0);
  element("tokens-list").replaceChildren(
    ...texts.map((list) => {
      const paragraph = document.createElement("p");
      paragraph.className = "tokens";
      paragraph.append(...list.map((token) => shownToken(token, largest)));
      return paragraph;
    }),
  );
  element("tokens").hidden = false;
}

/** Less than this part of the largest is not worth a line. */
const LEAST = 0.05;

function shownToken({ token, importance }: Explained["tokens"][number], largest: number): DocumentFragment {
  const share = importance / largest;
  const made = document.createElement("span");
  made.textContent = token.trimStart();
  made.title = `${importance >= 0 ? "+" : "−"}${Math.abs(importance).toFixed(4)}`;
  made.classList.add("token");
  if (Math.abs(share) >= LEAST) made.classList.add(share > 0 ? "for" : "against");
  if (Math.abs(share) > 0.5) made.classList.add("strong");
  const unseen = document.createElement("span");
  unseen.className = "unseen";
  unseen.textContent = Math.abs(share) >= LEAST ? ` (${made.title}) ` : "";
  const both = document.createDocumentFragment();
  if (token.startsWith(" ")) both.append(" ");
  both.append(made, unseen);
  return both;
}

function remember(question: Question, answer: Answer): void {
  const entry = document.createElement("li");
  const again = document.createElement("button");
  again.type = "button";
  const label = document.createElement("strong");
  label.textContent = said(answer);
  again.append(label, ` – ${[question.text, question.textPair].filter(Boolean).join(" | ")}`);
  again.addEventListener("click", () => {
    text.value = question.text;
    pair.value = question.textPair ?? "";
    showAnswer(answer);
    element("tokens").hidden = true;
    text.focus();
  });
  entry.append(again);
  const list = element("history");
  list.prepend(entry);
  while (list.children.length > LATEST) list.lastElementChild?.remove();
  element("latest").hidden = false;
}

export type {};
