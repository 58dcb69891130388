/* Comforts of the survey editor; every page works without them. */
(() => {
  "use strict";

  // Leaving a page with something typed and not saved is asked about.
  let unsaved = false;
  for (const form of document.querySelectorAll("form[data-unsaved]")) {
    form.addEventListener("input", () => { unsaved = true; });
    form.addEventListener("submit", () => { unsaved = false; });
  }
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  // Names in braces that nobody knows are marked while they are typed.
  const known = [...document.querySelectorAll(".placeholders dt code")].map((code) => code.textContent.trim());
  const template = document.querySelector("[data-unknown-words]");
  function check(field) {
    const unknown = [...new Set(field.value.match(/\{[^{}\n]*\}/g) || [])].filter((name) => !known.includes(name));
    let said = field.parentElement.querySelector(".unknown-placeholder");
    if (!said) {
      said = document.createElement("p");
      said.className = "unknown-placeholder";
      said.setAttribute("role", "status");
      field.after(said);
    }
    said.hidden = unknown.length === 0;
    said.textContent = unknown.length ? `${template ? template.dataset.unknownWords : "?"} ${unknown.join(", ")}` : "";
  }
  if (known.length) {
    for (const field of document.querySelectorAll("[data-placeholders]")) {
      field.addEventListener("input", () => check(field));
      if (field.value.includes("{")) check(field);
    }
  }

  // Choices only for questions that have them; numbers only for conditions on a scale.
  const kind = document.querySelector("form.editing select[name=kind]");
  const choices = document.querySelector("[data-choices]");
  if (kind && choices) {
    const show = () => { choices.hidden = !["single", "multiple"].includes(kind.value); };
    kind.addEventListener("change", show);
    show();
  }
  for (const row of document.querySelectorAll(".condition")) {
    const when = row.querySelector("select");
    const range = row.querySelector("[data-range]");
    const show = () => { range.hidden = !when.value.startsWith("scale:"); };
    when.addEventListener("change", show);
    show();
  }
})();
