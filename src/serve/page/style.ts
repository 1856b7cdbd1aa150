/** The page's style: colours keep a contrast of 4.5 to 1 in light and dark. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #16181d);
  --raised: light-dark(#f4f5f7, #20242b);
  --text: light-dark(#1c1f24, #e8eaee);
  --muted: light-dark(#555b66, #a9b0bc);
  --line: light-dark(#8a919e, #6d7583);
  --accent: light-dark(#1557b0, #7fb2ff);
  --on-accent: light-dark(#ffffff, #101318);
  --alarm: light-dark(#a8200d, #ff9d8f);
  --for: 33, 110, 57;
  --against: 168, 32, 13;
}
@media (prefers-color-scheme: dark) {
  :root { --for: 67, 160, 98; --against: 214, 84, 66; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
#about, #tokens-note { color: var(--muted); margin: 0.25rem 0 1rem; }
label { display: block; font-weight: 600; margin-bottom: 0.25rem; }
textarea, input { width: 100%; font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 0.375rem; padding: 0.5rem; resize: vertical; }
form p { margin: 0 0 0.75rem; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.5rem; }
button { font: inherit; font-weight: 600; padding: 0.5rem 1rem; border-radius: 0.375rem; border: 1px solid var(--accent); background: var(--ground); color: var(--accent); cursor: pointer; }
button[type="submit"] { background: var(--accent); color: var(--on-accent); }
button:disabled { opacity: 0.6; cursor: progress; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
#problem { color: var(--alarm); font-weight: 600; }
#problem:empty { display: none; }
#said { font-size: 1.25rem; font-weight: 600; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
#bars { list-style: none; padding: 0; margin: 0; }
#bars li { display: grid; grid-template-columns: minmax(6rem, 1fr) 2fr 4.5rem; gap: 0.5rem; align-items: center; }
#bars .name { overflow-wrap: anywhere; }
#bars .number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { height: 1rem; background: var(--raised); border-radius: 0.25rem; }
.bar div { height: 100%; background: var(--accent); border-radius: 0.25rem; }
@media (max-width: 30rem) {
  #bars li { grid-template-columns: 1fr auto; }
  #bars .bar { grid-area: 2 / 1 / 3 / 3; }
}
.tokens { background: var(--raised); border-radius: 0.375rem; padding: 0.5rem; margin: 0 0 0.5rem; overflow-wrap: anywhere; line-height: 2; }
.token { border-radius: 0.25rem; padding: 0.15rem 0; border-bottom: 3px solid transparent; }
.token.for { border-bottom-color: rgb(var(--for)); }
.token.against { border-bottom: 3px double rgb(var(--against)); }
.token.strong { font-weight: 700; }
ol { padding-left: 1.5rem; }
#history li, #bars li { margin-bottom: 0.5rem; overflow-wrap: anywhere; }
li button { display: block; width: 100%; text-align: left; font-weight: 400; border-color: transparent; padding: 0.25rem; color: var(--text); }
li strong { color: var(--accent); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none; }
`;
