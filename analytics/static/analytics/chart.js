/* Draws the chart from the JSON beside it. Its data table says the same to those who do not see it. */
(() => {
  "use strict";
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function hatched(css) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.strokeStyle = colour(`--reason-${css}`);
    pen.lineWidth = 1;
    pen.beginPath();
    for (const [x, y] of [[-4, 4], [0, 8], [4, 12]]) {
      pen.moveTo(x, y);
      pen.lineTo(x + 8, y - 8);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  function fill(css) {
    if (css === "rate") return colour("--accent-ink");
    return css === "unknown" ? hatched(css) : colour(`--reason-${css}`);
  }

  function edge(css) {
    return colour(`--reason-${css}-edge`) || (css === "unknown" ? colour("--soft") : fill(css));
  }

  const hasEdge = (css) => colour(`--reason-${css}-edge`) !== "";

  function draw(holder) {
    const data = JSON.parse(document.getElementById(holder.dataset.chart).textContent);
    const soft = colour("--soft");
    const line = colour("--line");
    const shown = (index, item) => `${item.dataset.label}: ${data.series[item.datasetIndex].texts[index]}`;
    return new Chart(holder.querySelector("canvas"), {
      type: "bar",
      data: {
        labels: data.labels,
        datasets: data.series.map((series) => ({
          label: series.label,
          data: series.values,
          backgroundColor: fill(series.css),
          borderColor: edge(series.css),
          borderWidth: hasEdge(series.css) ? 1 : 0,
          borderSkipped: series.css === "unknown" ? false : "middle",
          maxBarThickness: 44,
          categoryPercentage: 0.84,
          barPercentage: 0.9,
        })),
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        font: { family: getComputedStyle(document.body).fontFamily },
        interaction: { mode: "index", intersect: false },
        onClick(event, _items, chart) {
          const hit = chart.getElementsAtEventForMode(event.native, "nearest", { intersect: true }, false)[0];
          const url = hit && data.series[hit.datasetIndex].urls[hit.index];
          if (url) location.assign(url);
        },
        onHover(event, _items, chart) {
          const hit = chart.getElementsAtEventForMode(event.native, "nearest", { intersect: true }, false)[0];
          const url = hit && data.series[hit.datasetIndex].urls[hit.index];
          chart.canvas.style.cursor = url ? "pointer" : "default";
        },
        plugins: {
          legend: { display: false },
          tooltip: {
            filter: (item) => item.raw !== 0,
            callbacks: {
              title: (items) => (items.length ? data.titles[items[0].dataIndex] : ""),
              label: (item) => shown(item.dataIndex, item),
              footer: (items) => (data.stacked && items.length ? data.totals[items[0].dataIndex] : ""),
            },
          },
        },
        scales: {
          x: {
            stacked: data.stacked,
            grid: { display: false },
            border: { color: line },
            ticks: { color: soft, maxRotation: 0, autoSkipPadding: 12 },
          },
          y: {
            stacked: data.stacked,
            beginAtZero: true,
            grid: { color: line },
            border: { display: false },
            ticks: {
              color: soft,
              precision: data.percent ? undefined : 0,
              maxTicksLimit: 8,
              callback: (value) => (data.percent ? `${value.toLocaleString(root.lang)} %` : value.toLocaleString(root.lang)),
            },
          },
        },
      },
    });
  }

  for (const holder of document.querySelectorAll("[data-chart]")) {
    holder.hidden = false;
    let chart = draw(holder);
    const again = () => { chart.destroy(); chart = draw(holder); };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    // The admin's own switch of light and dark sets this attribute.
    new MutationObserver(again).observe(root, { attributeFilter: ["data-theme"] });
  }
})();
