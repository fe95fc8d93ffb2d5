/** Horizontal bars of one figure, longest to the edge. */
export interface Panel {
  readonly title: string;
  readonly scale: "linear" | "log";
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What stands behind the bar. */
  readonly text: string;
  readonly accent: boolean;
}

const WIDTH = 760;
const LABEL_WIDTH = 190;
const TEXT_WIDTH = 110;
const BAR_HEIGHT = 18;
const ROW = 26;
const HEAD = 34;
const MARGIN = 24;

/** Colours that can be read on white and, where the viewer prefers it, on black; the ground stays the page's own. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 14px }
  .bar { fill: #8c959f }
  .accent { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .bar { fill: #6e7681 }
    .accent { fill: #58a6ff }
  }`;

/** Panels of bars, one below the other, as an SVG document. */
export function chart(title: string, panels: readonly Panel[]): string {
  const parts: string[] = [];
  let y = MARGIN + 10;
  parts.push(`<text class="title" x="${MARGIN}" y="${y}">${escape(title)}</text>`);
  y += 14;
  for (const panel of panels) {
    parts.push(`<text class="title" x="${MARGIN}" y="${y + HEAD - 12}">${escape(panel.title)}</text>`);
    y += HEAD;
    for (const bar of panel.bars) {
      const width = barWidth(panel, bar.value);
      const middle = y + BAR_HEIGHT - 4;
      parts.push(
        `<text x="${MARGIN}" y="${middle}">${escape(bar.label)}</text>`,
        `<rect class="${bar.accent ? "accent" : "bar"}" x="${MARGIN + LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
        `<text x="${MARGIN + LABEL_WIDTH + width + 8}" y="${middle}">${escape(bar.text)}</text>`,
      );
      y += ROW;
    }
  }
  const height = y + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">`,
    `<style>${STYLE}\n</style>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** A logarithmic panel begins a third of a decade below its smallest value, so that no bar vanishes. */
function barWidth({ scale, bars }: Panel, value: number): number {
  const room = WIDTH - 2 * MARGIN - LABEL_WIDTH - TEXT_WIDTH;
  const values = bars.map((bar) => bar.value).filter((one) => one > 0);
  if (values.length === 0 || value <= 0) return 0;
  const most = Math.max(...values);
  if (scale === "linear") return round((room * value) / most);
  const least = Math.min(...values) / 2;
  return round((room * Math.log(value / least)) / Math.log(most / least));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
