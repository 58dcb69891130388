/* Comfort only: the bar of filters works as a plain form without this file. */
(() => {
  "use strict";
  for (const bar of document.querySelectorAll("[data-filter-bar]")) {
    let byPointer = false;
    bar.addEventListener("pointerdown", () => { byPointer = true; });
    bar.addEventListener("keydown", () => { byPointer = false; });
    // With the keyboard a select changes at every step, so there the button decides.
    bar.addEventListener("change", (event) => {
      const chosen = event.target;
      if (!byPointer || !(chosen instanceof HTMLSelectElement)) return;
      if (chosen.name === "period" && chosen.value === "custom") return;
      bar.requestSubmit();
    });
    // What is empty, or not shown, says nothing: it stays out of the address.
    bar.addEventListener("submit", () => {
      const period = bar.elements.namedItem("period");
      for (const field of [...bar.elements]) {
        const unused = (field.name === "from" || field.name === "to") && period.value !== "custom";
        if (field.name && (!field.value || unused)) field.disabled = true;
      }
    });
    // Coming back by the browser's own button finds the fields usable again.
    window.addEventListener("pageshow", () => {
      for (const field of [...bar.elements]) field.disabled = false;
    });
  }
})();
