// How the picture of `telltale diagnose --plot` looks; whoever opens it has light or dark ground.

export const PLOT_STYLE = `
svg { --ground: #ffffff; --ink: #1d2530; --quiet: #5f6b7a; --grid: #e3e7ec; --curve: #37475a;
  --outer: #c44a00; --inner: #0067a8; --ball: #00795a; --cage: #8a3f86;
  font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ground: #14181d; --ink: #e8ecf1; --quiet: #9aa6b4;
  --grid: #2a313a; --curve: #b9c6d6; --outer: #ff8f4a; --inner: #62b6f0; --ball: #45cfa2;
  --cage: #d795d3; } }
.ground { fill: var(--ground); }
text { fill: var(--ink); font-size: 12px; }
.title { font-size: 22px; font-weight: 600; }
.words { font-size: 13px; }
.name { font-size: 13px; font-weight: 600; }
.quiet, .tick { fill: var(--quiet); }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { stroke: var(--grid); stroke-width: 1; }
.curve { fill: none; stroke: var(--curve); stroke-width: 1.2; stroke-linejoin: round; }
.mark { stroke-width: 1; stroke-dasharray: 3 4; opacity: 0.55; }
.mark.strong { stroke-width: 2; stroke-dasharray: none; opacity: 0.75; }
.label.strong { font-weight: 700; }
line.outer { stroke: var(--outer); } text.outer { fill: var(--outer); }
line.inner { stroke: var(--inner); } text.inner { fill: var(--inner); }
line.ball { stroke: var(--ball); } text.ball { fill: var(--ball); }
line.cage { stroke: var(--cage); } text.cage { fill: var(--cage); }
.found { fill: none; stroke: var(--ink); stroke-width: 1.8; }
`;
