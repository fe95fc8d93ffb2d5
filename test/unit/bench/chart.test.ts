import { expect, test } from "vitest";
import { chart } from "../../../bench/chart.ts";

const bar = (value: number) => ({ label: "one", value, text: "text", accent: false });
const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/gu)].map(([, width]) => Number(width));

test("bars are as long as their values, the longest to the edge", () => {
  const [long = 0, half] = widths(chart("t", [{ title: "p", scale: "linear", bars: [bar(10), bar(5)] }]));
  expect(long).toBeGreaterThan(300);
  expect(half).toBeCloseTo(long / 2, 0);
});

test("a logarithmic panel gives each decade the same room, and hides no bar", () => {
  const [one = 0, ten = 0, hundred = 0] = widths(
    chart("t", [{ title: "p", scale: "log", bars: [bar(1), bar(10), bar(100)] }]),
  );
  expect(one).toBeGreaterThan(5);
  expect(hundred - ten).toBeCloseTo(ten - one, 0);
});

test("nothing measured is no bar, and text can't break the markup", () => {
  const svg = chart(`a <b> & "c"`, [{ title: "p", scale: "linear", bars: [bar(0)] }]);
  expect(widths(svg)).toEqual([0]);
  expect(svg).toContain("a &lt;b&gt; &amp; &quot;c&quot;");
  expect(svg).not.toContain("NaN");
});

test("it is read on a light and on a dark ground", () => {
  expect(chart("t", [])).toContain("prefers-color-scheme: dark");
});
