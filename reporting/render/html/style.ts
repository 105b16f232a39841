// The style of the HTML statement, on a screen and on paper.

import { Html } from './escape.ts';

export const STYLE = new Html(`
:root{--ink:#1c242e;--muted:#626d7a;--hair:#dbe0e5;--tint:#f3f6f7;--brand:#0f3d4c;--accent:#be763a;--credit:#16704a;--debit:#a32424}
*{box-sizing:border-box}
body{margin:0;background:#e9edef;color:var(--ink);font:13px/1.4 "Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:860px;margin:24px auto;padding:44px 56px;background:#fff;box-shadow:0 1px 6px #0002}
small{display:block;color:var(--muted);font-size:11px}
.bank{display:flex;gap:14px;align-items:center;padding-bottom:14px;border-bottom:2px solid var(--accent)}
.bank strong{display:block;font-size:21px;line-height:1.2;color:var(--brand)}
.bank address{margin-left:auto;text-align:right;font-style:normal;font-size:11px;color:var(--muted)}
.letter{display:flex;justify-content:space-between;gap:40px;margin:34px 0 40px}
.to{font-size:15px;line-height:1.45}.to small{font-size:9px;margin-bottom:6px}
dl{margin:0;width:270px}dl div{display:flex;justify-content:space-between;padding:3px 0;border-bottom:1px solid var(--hair)}
dt{color:var(--muted)}dd{margin:0}
h1{margin:0;font-size:27px;color:var(--brand)}.period{margin:2px 0 18px;font-size:14px;color:var(--muted)}
h2{margin:0 0 8px;font-size:16px;color:var(--brand)}
section{margin-bottom:28px}
.summary{display:grid;grid-template-columns:repeat(4,1fr);background:var(--tint)}
.summary div{padding:14px 16px;min-width:0}.summary div:nth-child(n+2){border-left:1px solid var(--hair)}
.summary span{font-size:11px;font-weight:bold;color:var(--muted)}
.summary strong{display:block;margin:3px 0;font-size:clamp(13px,2.1vw,18px);white-space:nowrap}
.summary div:last-child{background:var(--brand);color:#fff}.summary div:last-child :not(strong){color:#bed3d9}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{padding:4px 6px;text-align:left;font-size:11px;color:var(--muted);border-bottom:1.5px solid var(--brand)}
td{padding:5px 6px;vertical-align:top;border-bottom:1px solid var(--hair)}
.n{text-align:right;white-space:nowrap}.total{font-weight:bold}.credit{color:var(--credit)}.owed{color:var(--debit)}
.dense td{padding:3px 6px;font-size:12px}
.months>div{display:flex;gap:28px;align-items:flex-start}.months .chart{flex:0 0 46%}
.chart line{stroke:var(--hair)}.chart text{font-size:9.5px;fill:var(--muted)}
.chart .in{fill:var(--brand)}.chart .out{fill:var(--accent)}
.bars{width:26%}.bars i{display:block;height:4px;margin-top:2px}.bars .in{background:var(--brand)}.bars .out{background:var(--accent)}
.account h2{display:flex;justify-content:space-between;align-items:baseline;gap:16px}.account h2 span{font-size:12px;font-weight:normal;color:var(--ink)}
.transactions th{padding:5px 6px;background:var(--brand);color:#fff;border:0}
.transactions td:first-child{white-space:nowrap}.transactions td:nth-child(2){overflow-wrap:anywhere}
.transactions td:nth-child(3){color:var(--muted);font-size:11px}
.carried td{background:var(--tint);color:var(--muted)}.carried td.total{color:var(--ink)}.carried td.owed,.closing td.owed{color:var(--debit)}
.transactions .closing td{border-top:1.5px solid var(--brand);border-bottom:0;font-weight:bold;font-size:13px;color:var(--ink)}.closing small{font-weight:normal}
.none td{color:var(--muted)}
footer{border-top:1px solid var(--hair);padding-top:8px;font-size:9.5px;color:var(--muted)}footer p{margin:0 0 4px}
@media (max-width:640px){main{margin:0;padding:20px}section{overflow-x:auto}.bank{flex-wrap:wrap}.summary{grid-template-columns:1fr 1fr}.letter,.months>div{flex-direction:column}dl,.months .chart{width:100%;flex:none}.transactions td:nth-child(3),.transactions th:nth-child(3){display:none}}
@media print{body{background:#fff;font-size:10.5px}main{max-width:none;margin:0;padding:0;box-shadow:none}thead{display:table-header-group}tr,.summary,.months>div,h2{break-inside:avoid}h2{break-after:avoid}}
@page{size:A4;margin:16mm 16mm 18mm;@bottom-right{content:"Page " counter(page) " of " counter(pages);font:9px Helvetica,Arial,sans-serif;color:#626d7a}}
`);
