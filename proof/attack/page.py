"""Write a run as one HTML page that loads nothing, in light or dark colors, on narrow and wide screens."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from html import escape

from proof.attack.report import Run, counts, not_tested, reasons, verdicts
from proof.attack.run import VERDICTS, WIRING, Result

_COLUMNS_MOST = 6  # routes in columns; with more, each answer names its route

_STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #fff; --ink: #1c1d21; --soft: #62656d; --line: #e3e3e0;
  --gateway: #1f5fbf; --gateway-paper: #e6effb; --function: #6d3fb3; --function-paper: #efe8fa;
  --plain: #55585f; --plain-paper: #ececea; --good: #1a7240; --good-paper: #e2f3e8;
  --bad: #b3211d; --bad-paper: #fbe7e6; --noted: #8a5a00; --noted-paper: #fbf0d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16171a; --card: #1e2024; --ink: #e7e7e9; --soft: #9da0a8; --line: #313339;
    --gateway: #8fbcff; --gateway-paper: #1c2c45; --function: #c6a8f5; --function-paper: #30234a;
    --plain: #b0b3ba; --plain-paper: #2c2e33; --good: #7ed19e; --good-paper: #17331f;
    --bad: #ff9d98; --bad-paper: #441c1b; --noted: #f0c069; --noted-paper: #3a2c10;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.05rem; margin: 2.25rem 0 .6rem; display: flex; gap: .6rem; align-items: baseline; flex-wrap: wrap; }
h2 small, .about { color: var(--soft); font-weight: normal; }
.about { margin: 0; overflow-wrap: anywhere; }
.banner { margin: 1.25rem 0; padding: .8rem 1rem; border-radius: .6rem; font-weight: 600; }
.banner.ok { background: var(--good-paper); color: var(--good); }
.banner.deviation { background: var(--bad-paper); color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.6rem, 1fr)); gap: .6rem; margin: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .8rem; }
.tiles dt { color: var(--soft); font-size: .82rem; }
.tiles dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden; }
.finding { padding: .7rem .9rem; border-left: .25rem solid var(--bad); margin-bottom: .5rem; }
.finding p { margin: .15rem 0 0; overflow-wrap: anywhere; }
form {
  position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem; align-items: center;
  margin: 2rem 0 0; padding: .7rem 0; background: var(--paper); border-bottom: 1px solid var(--line);
}
form[hidden] { display: none; }
select, input {
  font: inherit; font-size: .9rem; color: inherit; background: var(--card); border: 1px solid var(--line);
  border-radius: .45rem; padding: .35rem .5rem; min-width: 0;
}
input { flex: 1 1 12rem; }
output { color: var(--soft); font-size: .85rem; margin-left: auto; font-variant-numeric: tabular-nums; }
.row { display: grid; gap: .2rem .75rem; align-items: center; padding: .45rem .9rem; }
.row + .row { border-top: 1px solid var(--line); }
.row.head { color: var(--soft); font-size: .82rem; }
.row[hidden], section[hidden] { display: none; }
.row .why { grid-column: 1 / -1; font-size: .87rem; overflow-wrap: anywhere; color: var(--soft); }
.id { font: .8rem ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; color: var(--soft); margin-right: .5rem; }
.name { overflow-wrap: anywhere; }
.chips { display: contents; }
.chip {
  display: inline-flex; justify-content: space-between; gap: .5rem; padding: .1rem .5rem; border-radius: .4rem;
  font-size: .82rem; white-space: nowrap; color: var(--plain); background: var(--plain-paper);
}
.chip b { font-variant-numeric: tabular-nums; }
.chip i { font-style: normal; }
.chip .route { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: .4rem; margin: .8rem 0 0; color: var(--soft); font-size: .85rem; }
.legend .chip { width: auto; }
.chip.gateway { color: var(--gateway); background: var(--gateway-paper); }
.chip.function { color: var(--function); background: var(--function-paper); }
.chip.deviation { color: var(--bad); background: var(--bad-paper); outline: 2px solid var(--bad); }
.chip.noted { color: var(--noted); background: var(--noted-paper); }
.chip.skipped { background: none; outline: 1px dashed var(--line); color: var(--soft); }
.chip.off { visibility: hidden; }
.wide .row { display: block; }
.wide .chips { display: flex; flex-wrap: wrap; gap: .3rem; margin-top: .25rem; }
.wide .chip .route { display: inline; }
.wide .chip.off { display: none; }
.wide .head { display: none; }
.list { margin: 0; padding: .7rem .9rem .7rem 2rem; }
.list li { margin: .2rem 0; overflow-wrap: anywhere; }
@media (max-width: 46rem) {
  body { padding: 1.25rem .8rem 3rem; }
  form { position: static; }
  select { flex: 1 1 28%; }
  output { margin-left: 0; flex-basis: 100%; }
  .row { display: block; }
  .row.head { display: none; }
  .chips { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .3rem; margin-top: .3rem; }
  .chip .route { display: inline; overflow: hidden; text-overflow: ellipsis; }
  .row .chip i { display: none; }
  .chips > span:not(.chip), .chip.off { display: none; }
}
@media print { form { display: none; } }
"""

_LEGEND = "".join(
    f'<span class="chip {kind}">{words}</span>'
    for kind, words in (
        ("gateway", "gateway"),
        ("function", "function"),
        ("", "whatever speaks HTTP before them"),
        ("noted", "the emulator's error"),
        ("deviation", "deviation"),
    )
)

_SCRIPT = """
const form = document.querySelector('form'), output = document.querySelector('output');
const chips = [...document.querySelectorAll('.row .chip')];
function show() {
  const wanted = Object.fromEntries(new FormData(form)), words = wanted.words.trim().toLowerCase();
  let count = 0;
  for (const row of document.querySelectorAll('.row.case')) {
    let any = false;
    for (const chip of row.querySelectorAll('.chip')) {
      const fits = ['route', 'verdict', 'layer'].every(key => !wanted[key] || chip.dataset[key] === wanted[key]);
      chip.classList.toggle('off', !fits);
      any ||= fits;
      count += fits && (!words || row.textContent.toLowerCase().includes(words));
    }
    row.hidden = !any || (words && !row.textContent.toLowerCase().includes(words));
  }
  for (const group of document.querySelectorAll('section.group'))
    group.hidden = !group.querySelector('.row.case:not([hidden])');
  output.value = count + ' of ' + chips.length + ' shown';
}
form.hidden = false;
form.addEventListener('input', show);
form.addEventListener('submit', event => event.preventDefault());
show();
"""


def html(run: Run) -> str:
    """Return the page. All content from the stack is escaped, and the policy allows only this script and style."""
    columns = f".row {{ grid-template-columns: minmax(12rem, 1fr) repeat({len(run.routes)}, minmax(6.5rem, auto)); }}"
    fixed = (
        f".row .chip {{ width: 7.2rem; }} .row.head span {{ width: 7.2rem; }} {_narrow('.row .chip { width: auto; }')}"
    )
    is_wide = len(run.routes) > _COLUMNS_MOST
    style = _STYLE if is_wide else f"{_STYLE}{columns}\n{fixed}\n{_narrow('.row { display: block; }')}\n"
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(_SCRIPT)}';"
        " base-uri 'none'; form-action 'none'"
    )
    kind = "deviation" if run.deviations else "ok"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Attack on {escape(run.api_url)}: {run.headline}</title>
<style>{style}</style>
</head>
<body{' class="wide"' if is_wide else ""}>
<h1>Attack run: {run.headline}</h1>
<p class="about">{escape(run.api_url)} · {escape(run.started.replace("T", " ").replace("Z", " UTC"))} ·
{run.seconds:.1f} s</p>
<p class="banner {kind}">{escape(_verdict(run))}</p>
{_tiles(run)}
{_findings(run)}
{_wiring(run)}
{_filters(run)}
<p class="legend">Answered by {_LEGEND}</p>
{"".join(_group(run, group, results) for group, results in run.groups.items() if group != WIRING)}
{_not_tested(run)}
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _narrow(rules: str) -> str:
    return f"@media (max-width: 46rem) {{ {rules} }}"


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _verdict(run: Run) -> str:
    if run.deviations:
        return f"{run.headline.capitalize()} from what must happen: each is listed below."
    return "Every request was answered as it must be, by the layer that must."


def _tiles(run: Run) -> str:
    found = counts(run.sent)
    tiles = {
        "requests": found["requests"],
        "refused: gateway": found["by gateway"],
        "refused: function": found["by function"],
        "refused: before both": found["by server"],
        "answered": found["answered"] - sum(200 <= (each.status or 0) < 300 for each in run.deviations),
        "deviations": len(run.deviations),
    }
    shown = "".join(f"<div><dt>{name}</dt><dd>{count}</dd></div>" for name, count in tiles.items())
    return f'<dl class="tiles">{shown}</dl>'


def _findings(run: Run) -> str:
    if not run.deviations:
        return ""
    items = "".join(
        f'<div class="card finding"><span class="id">{escape(each.case)}</span><strong>{escape(each.route)}</strong>'
        f" {escape(each.title)}<p>{escape(each.problem)}</p></div>"
        for each in run.deviations
    )
    return f"<h2>Deviations</h2>{items}"


def _wiring(run: Run) -> str:
    results = run.groups.get(WIRING, [])
    words = [f"{each.route}: {each.problem or each.skipped}" for each in results if each.verdict != "ok"]
    if not words:
        words = ["The API as API Gateway describes it is what the route table says, and has nothing beyond."]
    return f"<h2>Wiring</h2>{_list(words)}"


def _filters(run: Run) -> str:
    layers = sorted({each.layer for each in run.sent if each.layer})
    options = {
        "route": ("Route", run.routes),
        "verdict": ("Verdict", [verdict for verdict in VERDICTS if verdicts(run.results)[verdict]]),
        "layer": ("Layer", layers),
    }
    selects = "".join(
        f'<select name="{name}" aria-label="{name}"><option value="">{words}</option>'
        + "".join(f"<option>{escape(value)}</option>" for value in values)
        + "</select>"
        for name, (words, values) in options.items()
    )
    words = '<input name="words" type="search" placeholder="Search" aria-label="search">'
    return f"<form hidden>{selects}{words}<output></output></form>"


def _group(run: Run, group: str, results: list[Result]) -> str:
    by_case: dict[str, list[Result]] = {}
    for result in results:
        by_case.setdefault(result.case, []).append(result)
    head = "".join(f"<span>{escape(route)}</span>" for route in run.routes)
    rows = "".join(_row(run, found) for found in by_case.values())
    return (
        f'<section class="group"><h2>{escape(group.capitalize())} <small>{len(by_case)} cases</small></h2>'
        f'<div class="card"><div class="row head"><span></span>{head}</div>{rows}</div></section>'
    )


def _row(run: Run, results: list[Result]) -> str:
    by_route = {result.route: result for result in results}
    chips = "".join(_chip(by_route[route]) if route in by_route else "<span></span>" for route in run.routes)
    why = dict.fromkeys(each.problem or each.note for each in results if each.problem or each.note)
    words = "".join(f'<div class="why">{escape(each)}</div>' for each in why)
    first = results[0]
    name = f'<span class="id">{escape(first.case)}</span>{escape(first.title)}'
    return f'<div class="row case"><div class="name">{name}</div><div class="chips">{chips}</div>{words}</div>'


def _chip(result: Result) -> str:
    if result.status is None:
        shown, by = "·", "not sent"
    else:
        shown, by = str(result.status or "closed"), result.layer or ""
    verdict = "" if result.verdict == "ok" else f" {result.verdict}"
    return (
        f'<span class="chip {escape(by.replace(" ", "-"))}{verdict}" data-route="{escape(result.route)}"'
        f' data-verdict="{result.verdict}" data-layer="{escape(result.layer or "")}">'
        f'<span class="route">{escape(result.route)}</span><b>{shown}</b><i>{escape(by)}</i></span>'
    )


def _not_tested(run: Run) -> str:
    return f"<h2>Not tested</h2>{_list(reasons(not_tested(run)))}"


def _list(lines: Iterable[str]) -> str:
    return f'<div class="card"><ul class="list">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul></div>'
