import { darkRules, FONT, variables } from "./theme.ts";

/** The style of the page. */
export const STYLE: string = `
:root{color-scheme:light dark;${variables("light")};--wrong:#b3261e;--wrong-ground:#fdecea;--link:#0969da}
@media (prefers-color-scheme:dark){
:root{${variables("dark")};--wrong:#ff8a80;--wrong-ground:#3a1715;--link:#6cb6ff}
${darkRules("svg")}
}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--surface);color:var(--ink);font:16px/1.5 ${FONT};overflow-wrap:anywhere}
header,main{max-width:56rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}
main{padding-bottom:4rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .25rem}
h2{font-size:1.3rem;line-height:1.3;margin:2.75rem 0 .75rem;padding-bottom:.3rem;border-bottom:1px solid var(--grid)}
h3{font-size:1.05rem;margin:0 0 .5rem}
p,ul{margin:.6rem 0}
ul{padding-left:1.3rem}
li{margin:.25rem 0}
a{color:var(--link)}
.subtitle{color:var(--muted);margin:0 0 1.25rem}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;padding:0;margin:1.25rem 0 0;font-size:.9rem}
.notice{border-left:4px solid var(--wrong);background:var(--wrong-ground);border-radius:4px;padding:.6rem 1rem;margin:1rem 0;font-size:.95rem}
.notice p{margin:0;font-weight:600;color:var(--wrong)}
.notice ul{margin:.3rem 0 0;max-height:16rem;overflow-y:auto}
.scroll{overflow-x:auto;margin:1rem 0}
.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;min-width:100%}
caption{text-align:left;color:var(--muted);padding:0 0 .4rem}
caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 2.5rem)}
th,td{padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--grid);vertical-align:top;text-align:left;font-weight:400}
thead th{color:var(--muted);vertical-align:bottom;line-height:1.25}
.figures{overflow-wrap:normal}
.figures th+th,.figures td{text-align:right;padding:.35rem 0 .35rem .75rem}
.figures td{white-space:nowrap}
.figures tbody th{position:sticky;left:0;background:var(--surface);min-width:11rem;max-width:20rem;overflow-wrap:anywhere}
.figures thead th{min-width:4.8rem}
thead th{overflow-wrap:normal}
.words tbody th{min-width:7rem;color:var(--muted)}
.words td{min-width:3rem}
.words td:nth-child(n+3){min-width:12rem}
details{margin:1rem 0}
summary{cursor:pointer;color:var(--link)}
figure{margin:0 0 3rem}
.panels{display:flex;flex-wrap:wrap;gap:1rem 1.5rem;align-items:flex-start}
.panels svg{max-width:100%;height:auto;font-family:inherit}
.panels svg path:has(title):hover{stroke:var(--ink);stroke-width:1.5;opacity:1}
figcaption{color:var(--muted);font-size:.9rem;margin-top:.5rem;max-width:48rem}
@media (max-width:40rem){
body{font-size:15px}
header,main{padding-left:.9rem;padding-right:.9rem}
header{padding-top:1.25rem}
.figures tbody th{min-width:8rem;max-width:10rem}
}
@media print{nav{display:none}figure,tr{break-inside:avoid}}
`;
