#include "html_style.h"

namespace prw::report {

const std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1c2127; --soft: #57606a; --page: #ffffff; --card: #f6f8fa; --line: #d0d7de; --link: #0550ae;
  --pass: #1a7f37; --fail: #b3261e; --warn: #8a5a00; --info: #3a5a8c; --none: #6e7781; --fail-bg: #fdecea; --warn-bg: #fff6e0; --mark: #ffd8a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b3; --page: #0d1117; --card: #161b22; --line: #30363d; --link: #79b8ff;
  --pass: #56d364; --fail: #ff8a80; --warn: #e3b341; --info: #9ec1ff; --none: #8b949e; --fail-bg: #2d1517; --warn-bg: #2b2411; --mark: #6b4a12; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: var(--ink); background: var(--page); }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; } a { color: var(--link); } p { margin: .4rem 0; }
code, pre, .id { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; }
pre { margin: .2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--card); padding: .5rem .7rem; border-radius: 4px; }
pre.bytes { white-space: pre; overflow-x: auto; }
.verdict { border: 1px solid var(--line); border-left: .5rem solid var(--none); border-radius: 6px; padding: .9rem 1.2rem; background: var(--card); }
.verdict.fail, .verdict.error { border-left-color: var(--fail); } .verdict.pass { border-left-color: var(--pass); } .verdict.warn { border-left-color: var(--warn); }
.verdict .word { font-size: 1.5rem; font-weight: 700; letter-spacing: .02em; }
.tally { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; margin: .5rem 0 0; padding: 0; list-style: none; color: var(--soft); } .tally b { color: var(--ink); }
.banner { margin: 1rem 0; padding: .7rem 1rem; border: 2px solid var(--warn); border-radius: 6px; background: var(--warn-bg); font-weight: 600; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .28rem .6rem; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; font-size: .85rem; } tbody th { font-weight: 400; }
tr.group th { padding-top: 1rem; font-weight: 700; }
.table { overflow-x: auto; }
.v { white-space: nowrap; font-weight: 600; } .v.pass { color: var(--pass); } .v.fail, .v.error { color: var(--fail); } .v.warn { color: var(--warn); }
.v.info { color: var(--info); } .v.inconclusive, .v.not-applicable, .v.none { color: var(--none); font-weight: 400; }
.finding { border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; margin: .8rem 0; }
.finding.fail, .finding.error { background: var(--fail-bg); } .finding.warn { background: var(--warn-bg); }
.finding header { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline; justify-content: space-between; }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .2rem .8rem; margin: .6rem 0 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .6rem; margin: .6rem 0; }
.sides > div { background: var(--page); border: 1px solid var(--line); border-radius: 4px; padding: .4rem .7rem; overflow-wrap: anywhere; } .sides b { color: var(--soft); font-weight: 600; }
.sides p { white-space: pre-wrap; margin: 0; } td small { color: var(--soft); }
.level { font-size: .82rem; color: var(--soft); white-space: nowrap; } details > summary { cursor: pointer; padding: .2rem 0; overflow-wrap: anywhere; }
.context { display: grid; grid-template-columns: 9rem 1fr; gap: .15rem 1rem; } .context dd { overflow-wrap: anywhere; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: 1rem 0 0; } nav a { white-space: nowrap; }
.again { margin-top: .6rem; color: var(--soft); overflow-wrap: anywhere; } .summary { color: var(--soft); } .printed { display: none; }
.legend { margin: .8rem 0 0; } .legend dl { grid-template-columns: 9rem 1fr; }
td[data-of] { white-space: nowrap; } th small { display: block; color: var(--soft); } .seen { overflow-wrap: anywhere; } .totals { width: auto; } .totals td { text-align: right; }
.reason summary b { display: inline-block; min-width: 2.2rem; text-align: right; } .reason p { margin: .2rem 0 .6rem 2.6rem; }
.trace pre { max-height: 24rem; overflow: auto; } section:target h2, article:target { outline: 2px solid var(--link); outline-offset: 2px; }
@media (max-width: 40rem) {
  body { padding: .8rem; } dl, .context, .legend dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; }
  .cards, .cards tbody, .cards tr, .cards th, .cards td { display: block; } .cards thead { display: none; }
  .cards tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } .cards th, .cards td { border: 0; padding: .1rem 0; overflow-wrap: anywhere; }
  .cards td[data-of] { display: inline-block; margin-right: 1rem; } .cards td[data-of]::before { content: attr(data-of) " "; color: var(--soft); }
  .cards tr.group { border-bottom: 2px solid var(--line); } .totals th, .totals td { padding: .25rem .35rem; } .level { white-space: normal; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 9pt; } nav, .legend, .trace, .finding details:not([open]), #unjudged, #checks, #scenarios, #context, #clauses { display: none; }
  .printed { display: block; color: var(--soft); } h2 { margin-top: 1rem; } .finding { padding: .4rem .6rem; margin: .4rem 0; } .verdict { padding: .5rem .8rem; }
  .finding header, .sides, pre, tr, dl > * { break-inside: avoid; } h2, h3, .finding header, thead { break-after: avoid; } pre.bytes { white-space: pre-wrap; }
}
)css";

}  // namespace prw::report
