/** The style sheet of the report: light or dark as the reader's system is, in one column on a phone. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --font: system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
  --surface: #ffffff; --raised: #f5f7f9; --ink: #1f2933; --muted: #52606d; --grid: #dfe3e8;
  --first: #1d5fa8; --second: #c2410c; --third: #3b7a24; --shade: 29 95 168;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #14181d; --raised: #1d232a; --ink: #e6eaee; --muted: #a9b5c1; --grid: #333c46;
    --first: #74b3f5; --second: #f3a063; --third: #8fce7f; --shade: 116 179 245;
  }
}
@media print { :root { color-scheme: light; } section { break-inside: avoid; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--surface); color: var(--ink); font: 16px/1.5 var(--font); }
main { max-width: 784px; margin: 0 auto; padding: 24px 15px 64px; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.15rem; margin: 40px 0 8px; padding-top: 12px; border-top: 1px solid var(--grid); }
h3 { font-size: 1rem; margin: 24px 0 4px; }
p { margin: 8px 0; }
.note, figcaption, caption { color: var(--muted); font-size: .875rem; }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0 0; }
.key div { background: var(--raised); border-radius: 8px; padding: 10px 14px; }
.key dt { color: var(--muted); font-size: .875rem; }
.key dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.key dd small { display: block; font-size: .8rem; font-weight: 400; color: var(--muted); }
.warnings { background: var(--raised); border-left: 4px solid var(--second); border-radius: 4px; padding: 4px 16px; margin-top: 20px; }
.warnings h2 { margin: 8px 0 0; padding: 0; border: 0; }
.warnings ul { margin: 8px 0; padding-left: 1.2em; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 16px 24px; }
figure { margin: 12px 0 0; }
figure svg { display: block; max-width: 100%; height: auto; }
.shares ul { display: flex; flex-wrap: wrap; gap: 2px 18px; list-style: none; margin: 6px 0 0; padding: 0; font-size: .875rem; }
.shares li::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 2px; background: var(--part); }
.bar { display: flex; gap: 2px; height: 12px; margin-top: 6px; }
.bar span { background: var(--part); border-radius: 2px; flex-basis: 0; min-width: 2px; }
.bar span:nth-child(3n + 1), .shares li:nth-child(3n + 1) { --part: var(--first); }
.bar span:nth-child(3n + 2), .shares li:nth-child(3n + 2) { --part: var(--second); }
.bar span:nth-child(3n), .shares li:nth-child(3n) { --part: var(--third); }
.bar span:nth-child(n + 4), .shares li:nth-child(n + 4)::before { opacity: .62; }
.bar span:nth-child(n + 7), .shares li:nth-child(n + 7)::before { opacity: .36; }
.scroll { overflow-x: auto; }
.scroll::-webkit-scrollbar { height: 10px; }
.scroll::-webkit-scrollbar-track { background: var(--raised); }
.scroll::-webkit-scrollbar-thumb { background: var(--muted); border-radius: 5px; }
table { border-collapse: collapse; margin: 12px 0 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 4px; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--grid); vertical-align: top; }
th, td { overflow-wrap: break-word; }
th { font-weight: 600; max-width: 11em; }
time { white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
.facts { width: 100%; }
.facts th { font-weight: 400; max-width: none; color: var(--muted); width: 45%; }
.facts td { text-align: left; overflow-wrap: anywhere; }
.confusion td { min-width: 84px; text-align: center; background: rgb(var(--shade) / calc(var(--share) * .42)); }
.confusion td small { display: block; color: inherit; }
.confusion .right { font-weight: 700; outline: 2px solid var(--ink); outline-offset: -3px; }
.confusion th:first-child { position: sticky; left: 0; background: var(--surface); padding-right: 10px; }
.confusion td small { white-space: nowrap; }
.wide.confusion th { font-size: .8125rem; font-weight: 400; min-width: 10em; max-width: 14em; }
.wide.confusion thead th:not(:first-child) { writing-mode: vertical-rl; transform: rotate(180deg); min-width: 0; max-width: none; max-height: 14em; text-align: left; padding: 4px; vertical-align: bottom; }
.wide.confusion td { min-width: 46px; padding-inline: 3px; }
code { font-size: .85em; }
details { margin-top: 8px; }
summary { cursor: pointer; font-size: .875rem; color: var(--muted); }
ol.mistakes { padding-left: 1.6em; }
ol.mistakes li { margin: 0 0 18px; padding-left: 4px; }
ol.mistakes dl { margin: 0; display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; }
/* Labels, which may hold marks of direction. */
ol.mistakes strong { unicode-bidi: isolate; }
ol.mistakes dt { color: var(--muted); font-size: .875rem; }
ol.mistakes dd { margin: 0; }
@media (max-width: 480px) {
  th, td { padding: 5px 6px; font-size: .8125rem; }
  .confusion th, .confusion td { min-width: 0; padding-inline: 4px; }
}
`.trim();
