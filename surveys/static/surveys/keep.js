/* Comfort for the survey's form, which is complete without it: what is filled in is kept while it is
   being filled in, and survives a lost connection. Nothing starts before a person has done something. */
(() => {
  "use strict";
  const PAUSE = 1000, LONGEST_PAUSE = 30000, PATIENCE = 8000; // milliseconds
  const probe = document.currentScript.src;
  const form = document.getElementById("survey");
  const here = "whyleft:" + location.pathname;

  // What a page before this one had to remember has arrived, since its answer led here.
  const remembered = (write) => {
    try { return write(sessionStorage); } catch { return null; } // refused to some pages in frames
  };
  remembered((storage) => {
    const survey = here.split("/").slice(0, 3).join("/") + "/";
    for (const key of Object.keys(storage)) {
      if (key.startsWith(survey) && (key !== here || !form || "answered" in form.dataset)) storage.removeItem(key);
    }
  });
  if (!form || !form.requestSubmit) return;

  const { keep, screen, limit, offline, online, restored, left, over } = form.dataset;
  const status = document.getElementById("connection");
  let kept = "", dirty = false, refused = false, failures = 0;
  let timer = 0, underway = null;
  let sending = false, isLeaving = false, waiting = null;

  const filledIn = () => {
    const values = new URLSearchParams();
    for (const [name, value] of new FormData(form)) values.append(name, value);
    values.append("screen", screen);
    return values.toString();
  };
  const say = (words) => { if (status.textContent !== words) status.textContent = words; };
  const remember = () => remembered((storage) => storage.setItem(here, filledIn()));
  const later = (pause) => { clearTimeout(timer); timer = setTimeout(attempt, pause); };

  const reach = async (address, options) => {
    const giveUp = new AbortController();
    const patience = setTimeout(() => giveUp.abort(), PATIENCE);
    try { return await fetch(address, { ...options, cache: "no-store", signal: giveUp.signal }); }
    finally { clearTimeout(patience); }
  };
  const isReachable = async () => {
    if (navigator.onLine === false) return false;
    // Slow is not lost: then the browser waits as it would have without us.
    return reach(probe, { method: "HEAD" }).then(() => true, (error) => error.name === "AbortError");
  };
  const failed = () => {
    failures += 1;
    remember();
    say(offline);
    later(Math.min(PAUSE * 2 ** failures, LONGEST_PAUSE));
  };
  const succeeded = () => {
    if (failures) say(online);
    failures = 0;
    remembered((storage) => storage.removeItem(here));
  };

  const send = async () => {
    const body = filledIn();
    if (body === kept) { dirty = false; return; }
    try {
      const answer = await reach(keep, { method: "POST", body: new URLSearchParams(body) });
      if (answer.status === 429 || answer.status >= 500) return failed();
      // The link takes nothing in any more; what was typed is shown again when it is sent.
      if (!answer.ok) { refused = true; return; }
    } catch { return failed(); }
    kept = body;
    dirty = filledIn() !== body;
    succeeded();
    if (dirty) later(PAUSE);
  };
  const attempt = async () => {
    if (waiting) return submitted(waiting.submitter);
    if (!dirty || refused || underway || sending) return;
    underway = send();
    await underway;
    underway = null;
  };

  const submitted = async (submitter) => {
    sending = true;
    await underway; // what was kept must not arrive after what is sent
    remember();
    if (await isReachable()) {
      waiting = null;
      isLeaving = true;
      form.requestSubmit(submitter);
      return;
    }
    waiting = { submitter };
    failed();
    sending = false;
  };

  form.addEventListener("submit", (event) => {
    if (isLeaving) return;
    event.preventDefault();
    if (!sending) submitted(event.submitter);
  });
  form.addEventListener("input", (event) => {
    count(event.target);
    if (!event.isTrusted) return;
    dirty = true;
    if (failures) remember();
    later(PAUSE);
  });
  addEventListener("online", () => { if (failures) later(0); });
  addEventListener("offline", () => { if (dirty) later(0); });
  const flush = () => {
    if (dirty && !refused && !isLeaving) navigator.sendBeacon(keep, new URLSearchParams(filledIn()));
  };
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") flush(); });
  addEventListener("pageshow", (event) => { if (event.persisted) sending = isLeaving = false; });

  // Near its limit a text says how much fits: a moment after a pause, so that it can be heard.
  const counters = new WeakMap();
  function count(field) {
    if (!field.matches("textarea, input[type=text]")) return;
    const room = limit - [...field.value.trim()].length;
    let counter = counters.get(field);
    if (!counter) {
      if (room > limit / 10) return;
      counter = { place: document.createElement("p"), timer: 0 };
      counter.place.className = "help count";
      counter.place.setAttribute("role", "status");
      field.after(counter.place);
      counters.set(field, counter);
    }
    clearTimeout(counter.timer);
    counter.timer = setTimeout(() => {
      const words = room < 0 ? over.replace("{count}", -room) : left.replace("{count}", room);
      counter.place.textContent = room > limit / 10 ? "" : words;
      counter.place.classList.toggle("error", room < 0);
    }, PAUSE / 2);
  }

  // The page was left before it could be sent, in this very tab.
  const before = remembered((storage) => storage.getItem(here));
  if (before !== null && before !== filledIn()) {
    const values = new URLSearchParams(before);
    for (const field of form.elements) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.getAll(field.name).includes(field.value);
      else if (field.matches("textarea, input")) field.value = values.get(field.name) ?? "";
    }
    dirty = true;
    say(restored);
    later(0);
  }
})();
