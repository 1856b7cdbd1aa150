/** The page on which a model is tried; its script fills in what the model is. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>tunebert</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body>
<header>
<h1 id="name">A model</h1>
<p id="about"></p>
</header>
<main>
<form id="form">
<p id="key-field" hidden><label for="key">Key</label><input id="key" type="password" autocomplete="off"></p>
<p><label for="text" id="text-label">Text</label><textarea id="text" rows="3" required></textarea></p>
<p id="pair-field" hidden><label for="pair">Second text</label><textarea id="pair" rows="3"></textarea></p>
<p class="buttons"><button type="submit" id="ask">Ask</button><button type="button" id="why">Ask, and show which tokens matter</button></p>
</form>
<p id="problem" role="alert"></p>
<section id="answer" aria-live="polite" aria-labelledby="answer-heading" hidden>
<h2 id="answer-heading">Answer</h2>
<p id="said"></p>
<ul id="bars" aria-label="The probability of each label"></ul>
</section>
<section id="tokens" aria-labelledby="tokens-heading" hidden>
<h2 id="tokens-heading">Which tokens matter</h2>
<p id="tokens-note"></p>
<div id="tokens-list"></div>
</section>
<section id="latest" aria-labelledby="latest-heading" hidden>
<h2 id="latest-heading">Latest answers</h2>
<ol id="history"></ol>
</section>
</main>
<noscript><p>This page needs its script. Without it, POST to /predict: see /openapi.json.</p></noscript>
</body>
</html>
`;
