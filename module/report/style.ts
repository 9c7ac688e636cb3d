/** The report's style: for a screen in daylight, one at night, a phone, and paper. */
export const style = `
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1b1f24;--soft:#5a6472;--line:#d9dee5;--link:#0b5cad;
--error:#b3261e;--error-back:#fdecea;--warning:#8a5a00;--warning-back:#fff4dc;--fine:#1d6b3c;--fine-back:#e5f5eb;
--bar-error:#c8372d;--bar-warning:#d99a1c;--bar-start:#2f7d4f;--bar-plain:#6b8fb8;--code:#eef1f5}
@media (prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2126;--ink:#e6e9ed;--soft:#a0abb8;--line:#343b44;--link:#7fb8f5;
--error:#ff8a80;--error-back:#3a1d1b;--warning:#ffc861;--warning-back:#37290f;--fine:#7fd6a0;--fine-back:#16301f;
--bar-error:#ef6a60;--bar-warning:#e0ac45;--bar-start:#5bb882;--bar-plain:#7f9cc0;--code:#272c33}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:1rem}
header h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2rem 0 .6rem}
h3{font-size:1rem;margin:0}
p{margin:.4rem 0}
a{color:var(--link)}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.verdict{border-radius:8px;padding:.8rem 1rem;margin:1rem 0;font-weight:600}
.verdict.error{background:var(--error-back);color:var(--error)}
.verdict.warning{background:var(--warning-back);color:var(--warning)}
.verdict.fine{background:var(--fine-back);color:var(--fine)}
nav{display:flex;flex-wrap:wrap;gap:.3rem .9rem;margin:.6rem 0}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:.5rem 1rem;margin:0}
.facts div{min-width:0}
.facts dt{color:var(--soft);font-size:.8rem}
.facts dd{margin:0;overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.9rem 1rem;margin:.7rem 0;overflow-wrap:anywhere}
.finding{border-left:5px solid var(--line)}
.finding.error{border-left-color:var(--bar-error)}
.finding.warning{border-left-color:var(--bar-warning)}
.tag{display:inline-block;border-radius:4px;padding:0 .45rem;font-size:.78rem;font-weight:700;margin-right:.4rem;vertical-align:.08rem}
.tag.error{background:var(--error-back);color:var(--error)}
.tag.warning{background:var(--warning-back);color:var(--warning)}
.tag.ok{background:var(--fine-back);color:var(--fine)}
.tag.skipped,.tag.ignored{background:var(--code);color:var(--soft)}
.advice{border-left:3px solid var(--line);padding-left:.7rem}
code,pre{font:.84rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--code);border-radius:4px}
code{padding:.05rem .3rem;overflow-wrap:anywhere}
pre{padding:.5rem .7rem;margin:.3rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
ul{padding-left:1.2rem;margin:.3rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;white-space:nowrap}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td{overflow-wrap:normal}
td.name{overflow-wrap:anywhere;min-width:9rem}
details{margin:.4rem 0}
summary{cursor:pointer;padding:.3rem 0}
figure{margin:.7rem 0}
figcaption{font-size:.875rem;margin-bottom:.2rem}
svg{display:block;width:100%;min-width:680px;height:auto}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft)}
svg .lane{fill:var(--ink)}
svg .axis{stroke:var(--line);stroke-width:1}
svg .error{fill:var(--bar-error)} svg .warning{fill:var(--bar-warning)} svg .start{fill:var(--bar-start)} svg .plain{fill:var(--bar-plain)}
svg .sign{fill:none;stroke:var(--bar-warning);stroke-width:2}
svg .rest{fill:var(--code)}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1rem;font-size:.8rem;color:var(--soft)}
.key span::before{content:"";display:inline-block;width:.7rem;height:.7rem;border-radius:2px;margin-right:.35rem;vertical-align:-.05rem;background:var(--bar-plain)}
.key .sign::before{display:none}
.key .error::before{background:var(--bar-error)} .key .warning::before{background:var(--bar-warning)} .key .start::before{background:var(--bar-start)}
@media (max-width:600px){main{padding:.7rem}.card{padding:.7rem .8rem}body{font-size:15px}}
@media print{svg{min-width:0}.scroll{overflow:visible}:root{--page:#fff}body{font-size:11pt}main{max-width:none;padding:0}nav{display:none}.card,figure,tr{break-inside:avoid}a{color:inherit}details>*{display:block}}
`;
