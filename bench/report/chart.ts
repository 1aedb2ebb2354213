import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Chart, Mark } from './result.js'

// Colours that can be told apart without colour vision (Okabe and Ito), and dark enough for print.
const PALETTE = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00']

/** A chart as SVG text: bars or lines, each value with its quartiles. */
export function drawChart(chart: Chart): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const options = chart.kind === 'bars' ? barOptions(chart) : lineOptions(chart)
  const figure = Plot.plot({ ...options, document: document as unknown as Document })
  figure.setAttribute('role', 'img')
  figure.setAttribute('aria-label', chart.title)
  // A hundredth of a pixel is not seen.
  return figure.outerHTML.replaceAll(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))))
}

const seriesOf = (chart: Chart): string[] => [...new Set(chart.marks.map((mark) => mark.series))]

function common(chart: Chart): Plot.PlotOptions {
  const series = seriesOf(chart)
  return {
    width: 680,
    style: { fontFamily: 'system-ui, sans-serif', fontSize: '12px', background: 'transparent' },
    color: { domain: series, range: PALETTE.slice(0, series.length) }
  }
}

function barOptions(chart: Chart): Plot.PlotOptions {
  const series = seriesOf(chart)
  const categories = [...new Set(chart.marks.map((mark) => mark.at))]
  const baseline = chart.logarithmic ? Math.min(...chart.marks.map((mark) => mark.low)) / 2 : 0
  const label = (mark: Mark) => `${mark.at} · ${mark.series}`
  const y = series.length > 1 ? label : (mark: Mark) => String(mark.at)
  const marks = [...chart.marks]
  return {
    ...common(chart),
    height: 46 + marks.length * 26,
    marginLeft: 300,
    marginRight: 60,
    x: {
      label: `${chart.xLabel} →`,
      grid: true,
      type: chart.logarithmic ? 'log' : 'linear',
      ticks: 6,
      tickFormat: '~s'
    },
    // Every bar has its name beside it: ticks between the two say nothing.
    y: { label: null, tickSize: 0, domain: categories.flatMap((at) => marks.filter((mark) => mark.at === at).map(y)) },
    marks: [
      Plot.barX(marks, { x1: baseline, x2: 'value', y, fill: 'series', insetTop: 2, insetBottom: 2 }),
      Plot.ruleY(marks, { x1: 'low', x2: 'high', y, stroke: 'currentColor', strokeWidth: 2 }),
      Plot.text(marks, {
        x: 'high',
        y,
        text: (mark: Mark) => formatShort(mark.value),
        textAnchor: 'start',
        dx: 5,
        fill: 'currentColor'
      })
    ]
  }
}

function lineOptions(chart: Chart): Plot.PlotOptions {
  const marks = [...chart.marks]
  return {
    ...common(chart),
    height: 320,
    marginLeft: 60,
    marginRight: 150,
    x: { label: `${chart.xLabel} →`, type: chart.logarithmic ? 'log' : 'linear', ticks: 6, tickFormat: '~s' },
    y: { label: `↑ ${chart.yLabel}`, grid: true, zero: true },
    marks: [
      Plot.ruleX(marks, { x: 'at', y1: 'low', y2: 'high', stroke: 'series', strokeWidth: 2 }),
      Plot.lineY(marks, { x: 'at', y: 'value', stroke: 'series' }),
      Plot.dot(marks, { x: 'at', y: 'value', fill: 'series' }),
      Plot.text(
        marks,
        Plot.selectLast({ x: 'at', y: 'value', z: 'series', text: 'series', textAnchor: 'start', dx: 8 })
      )
    ]
  }
}

function formatShort(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(value >= 10_000 ? 0 : 1)}k`
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2)
}
