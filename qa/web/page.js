// What the page does by itself; everything else is Python. Runs once, before the first view is drawn.
(() => {
  const root = document.documentElement;
  const keep = (name, value) => { try { localStorage.setItem("guizhi-" + name, value); } catch (_) { /* private window */ } };
  const kept = (name) => { try { return localStorage.getItem("guizhi-" + name); } catch (_) { return null; } };

  // Display: dark and large type, remembered.
  const show = () => {
    document.querySelectorAll("[data-dark]").forEach((b) => b.setAttribute("aria-pressed", String(document.body.classList.contains("dark"))));
    document.querySelectorAll("[data-size]").forEach((b) => b.setAttribute("aria-pressed", String(root.classList.contains("gz-large"))));
  };
  root.lang = "zh-CN";
  if (kept("dark")) document.body.classList.toggle("dark", kept("dark") === "1");
  root.classList.toggle("gz-large", kept("large") === "1");

  // Paper is white: light letters could not be read on it.
  let dark = false;
  addEventListener("beforeprint", () => { dark = document.body.classList.contains("dark"); document.body.classList.remove("dark"); });
  addEventListener("afterprint", () => { document.body.classList.toggle("dark", dark); });

  // The words of a norm, shown in the text of its article.
  const words = (name, node, start, length) => {
    if (!window.CSS || !CSS.highlights) return;
    CSS.highlights.delete(name);
    if (!node || start < 0 || start + length > node.length) return;
    const range = new Range();
    range.setStart(node, start);
    range.setEnd(node, start + length);
    CSS.highlights.set(name, new Highlight(range));
    const box = node.parentElement.closest(".gz-lawbox") || node.parentElement, at = range.getBoundingClientRect(), view = box.getBoundingClientRect();
    if (at.top < view.top || at.bottom > view.bottom) box.scrollTop += at.top - view.top - 40;
  };
  const law = () => document.querySelector(".gradio-container .gz-law");
  const norm = (event) => {
    const found = event.target.closest && event.target.closest(".gz-norm");
    const text = law();
    if (found && text) words("gz-quote", text.firstChild, Number(found.dataset.start), Number(found.dataset.length));
  };
  document.addEventListener("mouseover", norm);
  document.addEventListener("focusin", norm);
  document.addEventListener("mouseout", (event) => { if (event.target.closest && event.target.closest(".gz-norm")) words("gz-quote", null, -1, 0); });

  document.addEventListener("click", (event) => {
    const target = event.target.closest && event.target.closest("[data-dark], [data-size], [data-sort]");
    if (!target) return;
    if ("dark" in target.dataset) keep("dark", document.body.classList.toggle("dark") ? "1" : "0");
    if ("size" in target.dataset) keep("large", root.classList.toggle("gz-large") ? "1" : "0");
    if ("sort" in target.dataset) sort(target);
    show();
  });

  // Where it stands what an address asks for; on a narrow screen lists and forms stand above it.
  const narrow = () => innerWidth < 820;
  const shownAt = (asked) => {
    const wide = { article: "#gz-article", card: "#gz-card", graph: "#gz-card", chart: "#gz-card" };
    const below = { ...wide, sparql: "#gz-query", example: "#gz-query", tab: asked.size > 1 ? "#gz-way" : undefined };
    return (narrow() ? below : wide)[asked.keys().next().value];
  };

  // What the address of a page just loaded opens is brought into view when it comes, and while the page is still drawn around it; never after somebody
  // has gone elsewhere.
  let bringing = narrow() ? shownAt(new URLSearchParams(location.search)) : undefined;
  for (const gone of ["wheel", "touchstart", "pointerdown", "keydown"]) document.addEventListener(gone, () => { bringing = undefined; }, { capture: true, passive: true });
  setTimeout(() => { bringing = undefined; }, 30000);
  const bring = () => {
    const view = bringing && document.querySelector(bringing);
    if (view && view.offsetParent) view.scrollIntoView();
  };

  // What was asked for by a button further down is brought into view.
  document.addEventListener("click", (event) => {
    const target = event.target.closest && event.target.closest("[data-ask], [data-goto]");
    const asked = target && new URLSearchParams((target.getAttribute("href") || "").split("?")[1]);
    const view = target && document.querySelector("ask" in target.dataset ? "#gz-question" : shownAt(asked) || "#gz-tabs");
    const brought = () => view.getBoundingClientRect().top >= 0 && view.getBoundingClientRect().top < innerHeight / 2;
    if (view) setTimeout(() => { if (view.offsetParent && !brought()) view.scrollIntoView({ block: "start" }); }, 250);
  });

  // Whoever works with the keyboard goes on at what they asked for: at the answer, or, where the link that brought it is drawn anew or its tab
  // is left, at what is shown; the browser would begin at the top of the page.
  let going = 0, left = null;
  const address = () => (document.querySelector(".gz-answer") || { dataset: { permalink: "" } }).dataset.permalink;
  const gone = () => document.activeElement === document.body || !document.activeElement.checkVisibility();
  const arrive = () => {
    if (!going || !(gone() || (left !== null && left !== address()))) return;
    left = null;
    const shown = [...document.querySelectorAll("[data-permalink]")].find((view) => view.offsetParent);
    const at = shown && !shown.matches(".gz-examples") && (shown.querySelector(".gz-short, h2") || shown);
    if (at) at.tabIndex = -1;
    const to = at || questionBox();
    if (to && to.offsetParent) to.focus({ preventScroll: true });
  };
  const goOn = () => {
    clearTimeout(going);
    going = setTimeout(() => { going = 0; }, 5000);
    setTimeout(arrive, 400); // where nothing is drawn but a tab is left
  };
  document.addEventListener("click", (event) => {
    const at = event.target.closest && event.target.closest("[data-ask], [data-goto], [data-do]");
    if (!at || event.detail) return; // a click with a pointer counts its clicks
    goOn();
    left = "ask" in at.dataset ? address() : null;
  });
  for (const other of ["keydown", "pointerdown"]) document.addEventListener(other, () => { clearTimeout(going); going = 0; left = null; }, true);
  document.addEventListener("click", (event) => {
    const skip = event.target.closest && event.target.closest("[data-skip]");
    const to = skip && skip.closest(".row").querySelector(skip.dataset.skip);
    if (to) { if (!to.matches("input, textarea, [contenteditable]")) to.tabIndex = -1; to.focus(); }
  });

  // Between tabs with the arrows too, as readers of screens expect of tabs (WAI-ARIA).
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest && event.target.closest("[role=tab]");
    if (!tab) return;
    const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")], at = tabs.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    tabs.at(to % tabs.length).focus();
  });

  // Tab leaves a list of choices and shuts it: Gradio would open it again, and let the focus fall into it.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || !event.target.matches("[role=combobox]")) return;
    event.stopPropagation();
    document.querySelectorAll("ul[role=listbox]").forEach((list) => { list.tabIndex = -1; });
  }, true);

  // An answer that is long in coming is awaited in sight (page.css); it is there, or failed, when the page's request has ended;
  // so is what an address opens.
  const asking = () => root.classList.add("gz-asking");
  document.addEventListener("click", (event) => { if (event.target.closest && event.target.closest("[data-ask], #gz-question button")) asking(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target === questionBox() && event.target.value.trim()) asking(); });
  new PerformanceObserver((list) => {
    if (!list.getEntries().some((one) => one.name.includes("/gradio_api/"))) return;
    root.classList.remove("gz-asking");
    if (opening) opened();
  }).observe({ type: "resource" });

  // The short answer is read aloud: only a region that was there before its words is.
  const said = document.createElement("p");
  said.className = "gz-unseen";
  said.setAttribute("role", "status");
  document.body.append(said);
  const say = () => {
    const words = [...document.querySelectorAll(".gz-answer :is(.gz-badge, .gz-short)")].map((part) => part.textContent).join("：");
    if (said.textContent !== words) said.textContent = words;
  };

  // Copying: the clipboard where the page is served safely, the old way elsewhere (another machine's address without TLS).
  const copy = async (text, button) => {
    const written = navigator.clipboard ? await navigator.clipboard.writeText(text).then(() => true, () => false) : false;
    if (!written) {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = (button.dataset.label ||= button.textContent); // pressed twice it still has its own words afterwards
    button.textContent = "已复制";
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-copy], [data-copy-address]");
    if (!button) return;
    const answer = button.closest("[data-permalink]");
    copy("copy" in button.dataset ? button.dataset.copy : new URL(answer.dataset.permalink, location.href).href, button);
  });

  // Suggestions while a question is typed: a list box under the question (the combobox pattern of WAI-ARIA).
  const suggestions = document.createElement("ul");
  suggestions.id = "gz-suggestions";
  suggestions.setAttribute("role", "listbox");
  suggestions.setAttribute("aria-label", "可以这样问");
  let typed = "", waiting = 0;
  const questionBox = () => document.querySelector("#gz-question input, #gz-question textarea");
  const active = () => suggestions.querySelector("[aria-selected=true]");
  const close = () => {
    clearTimeout(waiting);
    typed = "";
    suggestions.replaceChildren();
    suggestions.hidden = true;
    const box = questionBox();
    if (box) { box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); }
  };
  const point = (option) => {
    if (active()) active().setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    questionBox().setAttribute("aria-activedescendant", option.id);
  };
  const choose = (option) => {
    const view = window.guizhi.views.find(({ element }) => element.isConnected && element.closest("#gz-examples"));
    const question = option.textContent;
    close();
    if (!view) return;
    asking();
    view.trigger("click", { question });
  };
  const offer = (box, questions) => {
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", suggestions.id]]) box.setAttribute(name, value);
    suggestions.replaceChildren(...questions.map((question, i) => {
      const option = document.createElement("li");
      option.id = "gz-suggestion-" + i;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = question;
      return option;
    }));
    suggestions.hidden = !questions.length;
    box.setAttribute("aria-expanded", String(!suggestions.hidden));
    document.querySelector("#gz-question").append(suggestions);
  };
  const ask = async (box) => {
    const wanted = box.value;
    if (wanted.trim().length < 2) return close();
    typed = wanted;
    try {
      const questions = await (await fetch("suggest?q=" + encodeURIComponent(wanted.slice(0, 100)))).json();
      if (typed === wanted && document.activeElement === box) offer(box, questions.filter((question) => question !== wanted));
    } catch (_) { close(); }
  };
  document.addEventListener("input", (event) => {
    if (event.isComposing || event.target !== questionBox()) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => ask(event.target), 120);
  });
  document.addEventListener("compositionend", (event) => { if (event.target === questionBox()) waiting = setTimeout(() => ask(event.target), 120); });
  document.addEventListener("keydown", (event) => {
    if (event.target !== questionBox() || event.isComposing) return;
    const options = [...suggestions.children], at = options.indexOf(active());
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      point(options[at < 0 && step < 0 ? options.length - 1 : (at + step + options.length) % options.length]);
    } else if (event.key === "Enter" && at >= 0) {
      event.stopPropagation();
      choose(options[at]);
    } else if (event.key === "Enter" || event.key === "Escape") {
      return close();
    } else return;
    event.preventDefault();
  }, true);
  suggestions.addEventListener("mousedown", (event) => {
    event.preventDefault();
    if (event.target.closest("li")) choose(event.target.closest("li"));
  });
  document.addEventListener("focusout", (event) => { if (event.target === questionBox()) close(); });

  // A result table, sorted by a column.
  const sort = (button) => {
    const head = button.closest("th"), body = button.closest("table").tBodies[0], column = Number(button.dataset.sort);
    const up = head.getAttribute("aria-sort") !== "ascending";
    head.parentElement.querySelectorAll("th").forEach((th) => th.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const text = (row) => row.cells[column].textContent;
    const rows = [...body.rows].sort((a, b) => text(a).localeCompare(text(b), "zh-CN", { numeric: true }));
    body.append(...(up ? rows : rows.reverse()));
  };

  // A table of findings, filtered by words.
  document.addEventListener("input", (event) => {
    if (!event.target.matches || !event.target.matches("[data-filter]")) return;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    const table = event.target.closest("article").querySelector(".gz-findings");
    for (const row of table.tBodies[0].rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  });

  // Ctrl+Enter runs the query.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("#gz-query")) {
      event.preventDefault();
      event.stopPropagation();
      document.querySelector("#gz-run").click();
    }
  }, true);

  // The address follows what is shown, “back” opens what was shown before, and the window is called by it.
  const parameters = (address) => new URLSearchParams(address.split("?")[1] || "").toString();
  const place = (asked) => asked.replace(/&find=[^&]*/, ""); // looking for words is no new place to go back to
  let awaited = null, awaiting = 0, settling = 0;  // what was asked for and is not shown yet must not be overwritten by what still is
  const wait = (asked) => {
    awaited = asked;
    clearTimeout(awaiting);
    awaiting = setTimeout(() => { awaited = null; settle(); }, 10000);
  };
  const follow = () => {
    clearTimeout(settling);
    settling = 0;
    const shown = [...document.querySelectorAll("[data-permalink]")].find((view) => view.offsetParent);
    if (!shown) return;
    document.title = shown.dataset.title ? `${shown.dataset.title} · 规知` : "规知";
    const here = parameters(shown.dataset.permalink), there = parameters(location.search);
    const example = there.startsWith("example=") && here.startsWith("sparql="); // it is shown under the address of its query
    if (here === awaited || example) awaited = null;
    if (awaited !== null || here === there) return;
    history[example || place(here) === place(there) ? "replaceState" : "pushState"](null, "", shown.dataset.permalink);
  };
  const settle = () => {
    clearTimeout(settling);
    settling = setTimeout(follow, 60);
  };
  // What is left at once was seen too, and is a place to go back to.
  const leave = () => { if (settling) follow(); };
  document.addEventListener("click", (event) => { if (event.target.closest && event.target.closest("[data-ask], [data-goto], [data-do]")) leave(); }, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target === questionBox()) leave(); }, true);
  wait(parameters(location.search) || null);

  // One address at a time is opened, the last asked for: of two replies on their way the first might come last, and stay.
  let opening = false, next = null;
  const open = (trigger, address) => {
    if (opening) { next = [trigger, address]; return; }
    opening = setTimeout(opened, 10000);
    trigger("select", { address });
  };
  const opened = () => {
    clearTimeout(opening);
    opening = false;
    const asked = next;
    next = null;
    if (asked) open(...asked);
  };
  window.guizhi ||= { views: [] };  // the first views are drawn before this runs (qa/tab.py)
  window.guizhi.open = open;
  window.addEventListener("popstate", () => {
    wait(parameters(location.search));
    goOn();
    const view = window.guizhi.views.find(({ element }) => element.isConnected);
    if (view) open(view.trigger, location.search || "?q="); // the page as it was before the first question
  });

  // What only some views need is loaded with the first of them.
  const draw = () => {
    const waiting = [...document.querySelectorAll("[data-picture]:empty")].some((canvas) => canvas.offsetParent);
    if (waiting) import("/web/js/graph.js").then((graph) => graph.mount(document));
  };
  document.addEventListener("click", (event) => { if (event.target.closest && event.target.closest("[data-print]")) print(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-show]");
    if (!button) return;
    for (const one of button.parentElement.children) one.setAttribute("aria-pressed", String(one === button));
    for (const part of button.closest(".gz-result").querySelectorAll("[data-view]")) part.hidden = part.dataset.view !== button.dataset.show;
    draw();
  });

  // What is open in a list is in sight: the list scrolls, never the page.
  let revealed = null;
  const reveal = () => {
    const at = [...document.querySelectorAll(".gz-contents [aria-current]")].find((link) => link.offsetParent);
    if (!at || at === revealed) return;
    revealed = at;
    const list = at.closest(".gz-contents"), box = at.getBoundingClientRect(), view = list.getBoundingClientRect();
    if (box.top < view.top || box.bottom > view.bottom) list.scrollTop += box.top - view.top - view.height / 3;
  };

  // The words that a search found.
  const seen = new MutationObserver(() => {
    show();
    settle();
    draw();
    reveal();
    bring();
    arrive();
    say();
    translate();
    const text = law();
    const word = text && text.dataset.find;
    words("gz-found", text && text.firstChild, word ? text.textContent.indexOf(word) : -1, word ? word.length : 0);
  });
  seen.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
  // Two labels that Gradio has in English only.
  const named = { "Click to upload or drop files": "选择登记簿文件，或者拖到这里", "Remove this file": "移去这个文件" };
  const translate = () => { for (const one of document.querySelectorAll("#gz-registers [aria-label], #gz-downloads [aria-label]")) if (named[one.ariaLabel]) one.ariaLabel = named[one.ariaLabel]; };
  show();
})();
