/* In the survey while it is framed: tells the page around it what happens here.
   Only to the origin that the server has verified, and by whom alone the page may be framed. */
(() => {
  "use strict";
  const { embed, embedState } = document.documentElement.dataset;
  if (!embed || window.parent === window) return;
  const tell = (what, more) => window.parent.postMessage(Object.assign({ whyleft: what }, more), embed);
  // Until the page around has answered, links lead where they lead without this script.
  let greeted = false;

  addEventListener("message", ({ source, origin, data }) => {
    if (source === window.parent && origin === embed && data && data.whyleft === "hello") greeted = true;
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-embed-tell]");
    if (!link || !greeted || event.defaultPrevented) return;
    event.preventDefault();
    tell(link.dataset.embedTell);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) tell("escape");
  });

  const { lang } = document.documentElement;
  if (embedState === "unavailable") {
    tell("unavailable");
    return;
  }
  tell("ready", { lang, title: document.title });
  if (embedState === "answered") tell("answered");
  // The errors' summary asks for the focus, which browsers refuse to a page in a frame.
  const summary = document.querySelector("[autofocus]");
  if (summary) summary.focus();
  new ResizeObserver(() => tell("height", { height: document.body.offsetHeight })).observe(document.body);
})();
