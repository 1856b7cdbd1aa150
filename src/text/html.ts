/** Markup, as opposed to text that has yet to be escaped. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Content = Html | string | number | undefined | readonly Content[];

/**
 * A piece of a page. Text put into the template is escaped, markup is not; lists are joined, and `undefined`
 * leaves nothing.
 *
 * @example
 * html`<p>${"1 < 2"}</p>`.toString(); // <p>1 &lt; 2</p>
 */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(strings.reduce((page, string, i) => page + markup(contents[i - 1]) + string));
}

/** Text as it stands in HTML and SVG, within attributes too. What HTML forbids even escaped is replaced. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[^\P{Cc}\t\n\r]/gu, "\ufffd")
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function markup(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Html) return content.toString();
  if (typeof content === "object") return content.map(markup).join("");
  return escapeHtml(String(content));
}
