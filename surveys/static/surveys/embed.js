/* Whyleft in your cancel page: opens a survey in a dialog or inline and tells what became of it.
   One file without dependencies; how to use it: docs/embed.md. */
(() => {
  "use strict";
  // By language: name of the dialog, skip, finish, close. /embed.js fills in every language.
  const WORDS = {/* words */ en: ["Survey", "Skip and cancel now", "Finish cancelling", "Close"] /* end */};
  const RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/;
  // A frame that has loaded and says nothing is broken; its message may still be on its way.
  const GRACE = 500;
  const STYLE = `
    :host { display: block; }
    * { box-sizing: border-box; }
    .box { --paper: #f6f5f1; --ink: #1d2124; --line: #767b82; --edge: #d5d2ca; --accent: #2f5d62;
      color: var(--ink); background: var(--paper); color-scheme: light dark;
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    dialog.box { width: 40rem; max-width: 100%; max-height: calc(100% - 2rem); margin: auto; padding: 0;
      border: 1px solid var(--line); border-radius: .75rem; overflow: hidden; }
    dialog.box[open] { display: flex; flex-direction: column; }
    dialog.box:focus { outline: none; }
    dialog::backdrop { background: rgb(0 0 0 / .55); }
    iframe { display: block; width: 100%; height: 24rem; min-height: 0; border: 0; }
    dialog iframe { flex: 0 1 auto; }
    .top, .bottom { display: flex; flex: none; padding: .25rem .5rem; }
    .top { justify-content: flex-end; }
    .bottom { border-top: 1px solid var(--edge); }
    button { min-width: 2.75rem; min-height: 2.75rem; padding: .375rem .75rem; border: 0;
      border-radius: .5rem; background: none; color: var(--accent); font: inherit; font-weight: 600;
      text-decoration: underline; text-underline-offset: .2em; cursor: pointer; }
    .top button { color: var(--ink); font-size: 1.5rem; line-height: 1; text-decoration: none; }
    button:hover { background: rgb(128 128 128 / .18); }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px; }
    @media (max-width: 41rem) { dialog.box { width: 100%; max-height: 100%; border: 0; border-radius: 0; } }
    @media (prefers-color-scheme: dark) {
      .box { --paper: #15191b; --ink: #ecebe6; --line: #848d93; --edge: #3a4246; --accent: #8fc1c4; }
    }`;
  let openDialog = null;
  const inline = new WeakMap();

  /* The first of the languages that has words: by its whole code, else by its base. */
  function known(languages) {
    for (const language of languages) {
      const asked = String(language || "").toLowerCase().replace(/^zh-(tw|hk|mo)\b/, "zh-hant");
      const codes = Object.keys(WORDS).filter((code) => code.split("-")[0] === asked.split("-")[0]);
      if (codes.length) return codes.find((code) => asked.startsWith(code)) || codes[0];
    }
    return "en";
  }

  function element(name, className, attributes) {
    const made = document.createElement(name);
    if (className) made.className = className;
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    return made;
  }

  function button(className, onClick) {
    const made = element("button", className, { type: "button" });
    made.addEventListener("click", onClick);
    return made;
  }

  /* The survey's address with the origin that may frame it; null where it is none. */
  function surveyAddress(url) {
    try {
      const address = new URL(url, location.href);
      if (!url || !/^https?:$/.test(address.protocol)) return null;
      address.searchParams.set("embed", location.origin);
      return address;
    } catch (error) {
      return null;
    }
  }

  /* Callback and event; what goes wrong in the page's own code must not stop ours. */
  function tell(session, name, more) {
    const detail = Object.assign({ url: String(session.options.url || ""), outcome: session.outcome }, more);
    const callback = session.options[`on${name[0].toUpperCase()}${name.slice(1)}`];
    if (typeof callback === "function") {
      try {
        callback(detail);
      } catch (error) {
        setTimeout(() => { throw error; });
      }
    }
    session.target.dispatchEvent(new CustomEvent(`whyleft:${name}`, { bubbles: true, detail }));
  }

  function end(session, outcome) {
    if (session.ended) return;
    session.ended = true;
    if (session.outcome !== "answered") session.outcome = outcome;
    if (session.close) session.close();
    if (session.outcome === "skipped") tell(session, "skipped");
    tell(session, "closed");
  }

  /* Before the survey has shown itself: the vendor's page goes on without it. */
  function fail(session, reason) {
    if (session.ended) return;
    if (!session.ready) session.outcome = "error";
    tell(session, "error", { reason });
    if (!session.ready) end(session, "error");
  }

  function open(options) {
    const session = { options: Object.assign({}, options), outcome: "closed", target: document };
    const handle = { close: () => end(session, "closed") };
    try {
      return start(session, handle);
    } catch (error) {
      fail(session, "unsupported");
      end(session, "error");
      return handle;
    }
  }

  function start(session, handle) {
    const options = session.options;
    const isInline = options.mode === "inline";
    const container = typeof options.container === "string"
      ? document.querySelector(options.container) : options.container;
    if (options.opener instanceof Element) session.target = options.opener;
    else if (isInline && container) session.target = container;
    const address = surveyAddress(options.url);
    if (!address || (isInline && !container)) {
      fail(session, address ? "container" : "url");
      return handle;
    }
    const present = isInline ? inline.get(container) : openDialog;
    if (present) return present;
    const former = document.activeElement;
    const host = element("div", "whyleft");
    const root = host.attachShadow({ mode: "open" });
    const box = element(isInline ? "section" : "dialog", "box", { tabindex: "-1" });
    const frame = element("iframe", "", { referrerpolicy: "no-referrer" });
    const close = button("close", handle.close);
    const skip = button("skip", () => end(session, "skipped"));
    const top = element("div", "top");
    const bottom = element("div", "bottom");
    close.textContent = "×";
    top.append(close);
    bottom.append(skip);
    if (isInline) box.append(frame, bottom);
    else box.append(top, frame, bottom);
    root.append(box);
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch (error) {
      frame.style.width = "100%"; // an old browser: plain, and complete
    }

    let words;
    function label(language, title) {
      const spoken = known([language, options.lang, document.documentElement.lang, navigator.language]);
      words = WORDS[spoken];
      box.lang = spoken;
      box.dir = RIGHT_TO_LEFT.test(spoken) ? "rtl" : "ltr";
      box.setAttribute("aria-label", title || words[0]);
      frame.title = title || words[0];
      skip.textContent = words[session.outcome === "answered" ? 2 : 1];
      close.setAttribute("aria-label", words[3]);
    }

    const timers = [setTimeout(() => session.ready || fail(session, "timeout"), timeout(options))];
    let spoke = false; // whether the document that is in the frame now has
    function onLoad() {
      if (!spoke) timers.push(setTimeout(onGrace, GRACE));
      else spoke = false;
    }
    function onGrace() {
      if (!spoke) fail(session, "broken");
      spoke = false;
    }

    const heard = {
      ready(message) {
        spoke = true;
        frame.contentWindow.postMessage({ whyleft: "hello" }, address.origin);
        label(message.lang, typeof message.title === "string" ? message.title.slice(0, 200) : "");
        if (session.ready) {
          if (frame.getBoundingClientRect().top < 0) host.scrollIntoView();
        } else if (!isInline && root.activeElement === box) {
          frame.focus();
        }
        session.ready = true;
      },
      height({ height }) {
        if (height > 0 && height < 2e4) frame.style.height = `${Math.ceil(height)}px`;
      },
      answered() {
        if (session.outcome === "answered") return;
        session.outcome = "answered";
        skip.textContent = words[2];
        tell(session, "answered");
      },
      skipped: () => end(session, "skipped"),
      finished: () => end(session, "answered"),
      escape: () => isInline || end(session, "closed"),
      unavailable: () => { fail(session, "unavailable"); end(session, "error"); },
    };
    function onMessage(event) {
      const { source, origin, data } = event;
      if (source !== frame.contentWindow || origin !== address.origin || !data) return;
      if (Object.prototype.hasOwnProperty.call(heard, data.whyleft)) heard[data.whyleft](data);
    }

    session.close = () => {
      timers.forEach(clearTimeout);
      removeEventListener("message", onMessage);
      if (isInline) inline.delete(container);
      else openDialog = null;
      if (box.open) box.close();
      const inside = host.contains(document.activeElement);
      host.remove();
      if ((!isInline || inside) && former && former.isConnected) former.focus();
    };
    label();
    addEventListener("message", onMessage);
    frame.addEventListener("load", onLoad);
    frame.src = address.href;
    (isInline ? container : document.body).append(host);
    if (isInline) {
      inline.set(container, handle);
    } else {
      openDialog = handle;
      box.addEventListener("close", handle.close); // Escape, or whatever else closes a dialog
      box.showModal();
      box.focus();
    }
    return handle;
  }

  function timeout(options) {
    return options.timeout > 0 ? Number(options.timeout) : 4000;
  }

  /* <a href="survey address" data-whyleft>: without this script the link leads to the survey. */
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-whyleft]");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || event.defaultPrevented || !window.HTMLDialogElement) return;
    event.preventDefault();
    const data = link.dataset;
    open({
      url: link.href,
      opener: link,
      mode: data.whyleftMode,
      container: data.whyleftContainer,
      timeout: Number(data.whyleftTimeout),
      // Whoever only closed it stays where they are.
      onClosed: ({ outcome }) => outcome !== "closed" && goOn(data.whyleftNext),
    });
  });

  function goOn(next) {
    const address = next === undefined ? null : new URL(next, location.href);
    if (address && /^https?:$/.test(address.protocol)) location.assign(address.href);
  }

  window.Whyleft = Object.freeze({ open });
})();
