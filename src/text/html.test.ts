import { expect, test } from "vitest";
import { escapeHtml, Html, html } from "./html.js";

test("html escapes text, and takes markup and lists of both as they are", () => {
  const item = (text: string) => html`<li title="${text}">${text}</li>`;
  expect(String(html`<ul>${["a & b", '"<i>"'].map(item)}${undefined}${3}${new Html("<hr>")}</ul>`)).toBe(
    '<ul><li title="a &#38; b">a &#38; b</li>' +
      '<li title="&#34;&#60;i&#62;&#34;">&#34;&#60;i&#62;&#34;</li>3<hr></ul>',
  );
});

test("escapeHtml leaves nothing that could end a text or an attribute, and no control characters", () => {
  expect(escapeHtml(`<a href='x' b="y">&amp;`)).toBe("&#60;a href=&#39;x&#39; b=&#34;y&#34;&#62;&#38;amp;");
  expect(escapeHtml("a\u0000b\u001b[1mc\td\n")).toBe("a\ufffdb\ufffd[1mc\td\n");
});
