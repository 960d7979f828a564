// Charts beside their tables. The table is the truth and is all a reader needs:
// this script reads its cells from the page and draws them; there is no second
// way for the figures. Loaded on the dashboards alone. Floor: Chromium 78.

import { init, use } from "echarts/core";
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendPlainComponent, TooltipComponent, VisualMapContinuousComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, HeatmapChart, LineChart, AriaComponent, GridComponent, LegendPlainComponent, TooltipComponent, VisualMapContinuousComponent, CanvasRenderer]);

type Kind = "bar" | "stack" | "line" | "heat" | "funnel";

interface Read { names: string[]; heads: string[]; cells: (number | null)[][]; }

const css = getComputedStyle(document.documentElement);
const value = (name: string, or: string) => css.getPropertyValue(name).trim() || or;

// Four steps apart in lightness, so that they differ in grey and for the
// colour-blind; patterns and line styles say the same again.
const dark = () => document.querySelector(".wall") !== null;
function palette(): string[] {
  return dark() ? ["#9cc7ff", "#ffb454", "#e8eef5", "#5f8fd0"] : [value("--blue-800", "#0b2f5e"), "#d98200", "#7fb2ea", "#5a6472"];
}
const dashes = ["solid", "dashed", "dotted", [8, 3, 2, 3]] as const;
const marks = ["circle", "rect", "triangle", "diamond"];

/** read takes the wanted columns out of the table. */
function read(table: HTMLTableElement, columns: number[]): Read {
  const heads = Array.from(table.tHead ? table.tHead.rows[0].cells : []).map((c) => (c.textContent || "").trim());
  const out: Read = { names: [], heads: columns.map((c) => heads[c] || ""), cells: columns.map(() => []) };
  for (const row of Array.from(table.tBodies[0] ? table.tBodies[0].rows : [])) {
    const name = row.cells[0] ? (row.cells[0].querySelector("a, span") || row.cells[0]).textContent || "" : "";
    out.names.push(name.trim());
    columns.forEach((c, i) => {
      const m = /-?\d+(\.\d+)?/.exec((row.cells[c] ? row.cells[c].textContent || "" : "").replace(/,/g, ""));
      out.cells[i].push(m ? Number(m[0]) : null);
    });
  }
  return out;
}

// Nothing moves: a chart stands still for everybody, also on paper.
function option(kind: Kind, d: Read): Record<string, unknown> {
  const text = dark() ? "#e8eef5" : value("--text-1", "#1b1f24");
  const soft = dark() ? "#35506f" : value("--line-soft", "#dde3ea");
  const font = { color: text, fontFamily: value("--font", "sans-serif"), fontSize: dark() ? 18 : 13 };
  const names = { type: "category", data: d.names, axisLabel: { ...font, hideOverlap: true }, axisLine: { lineStyle: { color: soft } }, axisTick: { show: false } };
  const amounts = { type: "value", minInterval: 1, axisLabel: font, splitLine: { lineStyle: { color: soft } } };
  const base = {
    animation: false, textStyle: font, color: palette(), aria: { enabled: true, decal: { show: kind !== "line" && kind !== "heat" } },
    tooltip: { trigger: kind === "heat" ? "item" : "axis", renderMode: "richText", confine: true },
    legend: d.heads.length > 1 && kind !== "heat" ? { top: 0, left: 0, itemWidth: 28, textStyle: font, icon: kind === "line" ? undefined : "rect" } : undefined,
    grid: { left: 8, right: 16, top: d.heads.length > 1 ? 40 : 12, bottom: 8, containLabel: true },
  };
  if (kind === "heat") {
    const most = Math.max(1, ...d.cells.map((c) => Math.max(0, ...c.map((n) => n || 0))));
    const points: [number, number, number][] = [];
    d.cells.forEach((c, x) => c.forEach((n, y) => points.push([x, y, n || 0])));
    return { ...base, grid: { ...base.grid, bottom: 56 }, xAxis: { ...names, data: d.heads }, yAxis: { ...names, inverse: true },
      visualMap: { min: 0, max: most, orient: "horizontal", left: "center", bottom: 0, calculable: false, textStyle: font, inRange: { color: [value("--blue-50", "#eef4fb"), "#7fb2ea", value("--blue-800", "#0b2f5e")] } },
      series: [{ type: "heatmap", data: points, label: { show: true, fontSize: 12 } }] };
  }
  if (kind === "line") {
    return { ...base, xAxis: { ...names, boundaryGap: false }, yAxis: amounts,
      series: d.heads.map((h, i) => ({ type: "line", name: h, data: d.cells[i], connectNulls: false, symbol: marks[i % 4], symbolSize: 7, lineStyle: { width: 2, type: dashes[i % 4] } })) };
  }
  if (kind === "bar") {
    return { ...base, xAxis: names, yAxis: amounts, series: d.heads.map((h, i) => ({ type: "bar", name: h, data: d.cells[i], barMaxWidth: 32 })) };
  }
  // Lying bars: places and stages have long names.
  return { ...base, xAxis: amounts, yAxis: { ...names, inverse: true, axisLabel: { ...font, width: 150, overflow: "truncate" } },
    series: d.heads.map((h, i) => ({ type: "bar", name: h, stack: kind === "stack" ? "all" : undefined, data: d.cells[i], barMaxWidth: 22, label: kind === "funnel" ? { show: true, position: "right", ...font } : undefined })) };
}

for (const box of Array.from(document.querySelectorAll<HTMLElement>("[data-chart]"))) {
  const place = box.querySelector<HTMLElement>(".chart");
  const table = box.querySelector("table");
  if (!place || !table) continue;
  const columns = (box.dataset.columns || "1").split(",").map(Number);
  const kind = box.dataset.chart as Kind;
  const data = read(table, columns);
  // Nothing but noughts is no picture; the table says it.
  if (!data.cells.some((c) => c.some((n) => n !== null && n !== 0))) continue;
  place.hidden = false;
  const lying = kind === "stack" || kind === "funnel" || kind === "heat";
  place.classList.add(lying && data.names.length > 8 ? "tall" : "drawn");
  const chart = init(place);
  chart.setOption(option(kind, data));
  // The table beside it says the same to readers of the screen.
  place.setAttribute("aria-hidden", "true");
  let waiting = 0;
  const fit = () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => chart.resize(), 120);
  };
  window.addEventListener("resize", fit);
  window.addEventListener("beforeprint", () => chart.resize());
}
