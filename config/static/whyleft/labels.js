/* Names the fields that the plain admin leaves without one (WCAG 4.1.2): cells of tables, the two
   halves of a moment, and fields that complete what is typed. */
(() => {
  "use strict";
  const words = (element) => (element ? element.textContent.trim().replace(/:$/, "") : "");

  function inTables(root) {
    for (const cell of root.querySelectorAll("td[class*='field-']")) {
      const name = [...cell.classList].find((each) => each.startsWith("field-"));
      const head = cell.closest("table")?.querySelector(`th.${CSS.escape(name.replace("field-", "column-"))}`);
      for (const field of cell.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (!field.labels?.length && !field.ariaLabel) field.ariaLabel = words(head?.querySelector(".text") || head);
      }
    }
  }

  function ofDeletions(root) {
    for (const field of root.querySelectorAll("td.delete input")) {
      if (field.labels?.length || field.ariaLabel) continue;
      field.ariaLabel = words(field.closest("table").querySelector("thead th:last-child"));
    }
  }

  function ofMoments(root) {
    for (const field of root.querySelectorAll(".datetime .vDateField, .datetime .vTimeField")) {
      if (field.labels?.length || field.ariaLabel) continue;
      const row = field.closest(".form-row, td");
      const half = field.previousSibling?.textContent.trim().replace(/:$/, "") || "";
      field.ariaLabel = `${words(row?.querySelector("label, legend"))} ${half}`.trim();
    }
  }

  function ofCompletions(root) {
    for (const select of root.querySelectorAll("select.select2-hidden-accessible")) {
      const shown = select.nextElementSibling?.querySelector("[role=combobox]");
      const label = select.labels?.[0];
      if (!shown) continue;
      const value = `select2-${select.id}-container`;
      // The chosen value is text of the field, not a field of its own.
      for (const each of ["role", "aria-readonly"]) document.getElementById(value)?.removeAttribute(each);
      if (label) {
        label.id ||= `label-of-${select.id}`;
        shown.setAttribute("aria-labelledby", `${label.id} ${value}`);
      } else if (select.ariaLabel) {
        shown.removeAttribute("aria-labelledby");
        shown.setAttribute("aria-label", select.ariaLabel);
      }
    }
  }

  // A name is heard only where there is a role.
  function ofTooltips(root) {
    for (const each of root.querySelectorAll("span.help-tooltip[aria-label]:not([role])")) each.setAttribute("role", "img");
  }

  const name = (root) => { inTables(root); ofDeletions(root); ofMoments(root); ofCompletions(root); ofTooltips(root); };
  // After the admin's own scripts have built their fields, which they do some turns later.
  for (const wait of [0, 400]) window.addEventListener("load", () => setTimeout(() => name(document), wait));
  document.addEventListener("formset:added", (event) => setTimeout(() => name(event.target)));
})();
