// Makes pages quicker; every page works without it. It swaps <main> after a form is sent, listens
// for news, and never touches what somebody is typing.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const main = () => $("#main");
const say = (text) => { $("#status").textContent = ""; requestAnimationFrame(() => { $("#status").textContent = text; }); };

// ---- pages -------------------------------------------------------------------------------

const dirty = () => $$("input, textarea, select", main()).some((field) => {
  if (field.type === "hidden" || field.closest("[data-filter]")) return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  if (field.tagName === "SELECT") return $$("option", field).some((o) => o.selected !== o.defaultSelected && (o.defaultSelected || o.index > 0));
  return field.value !== field.defaultValue;
});
// Text that is lost when the page goes: typed now, or in a form that was sent back.
const typed = () => Boolean($(".summary li", main())) || $$("form[method=post] :is(input, textarea)", main()).some((field) =>
  !/^(hidden|checkbox|radio|file|password)$/.test(field.type) && field.value !== field.defaultValue);
let leaving = false;
addEventListener("beforeunload", (event) => {
  if (!leaving && document.body.classList.contains("in") && typed()) event.preventDefault();
});
const typing = () => dirty() || (document.activeElement?.matches("input, textarea, select") && main().contains(document.activeElement));

// What a page says, without the line of what was just done, the number of its form and what any
// look at it changes.
const core = (page) => {
  const copy = page.cloneNode(true);
  $$(":scope > .notice, [name=_number], [data-quiet]", copy).forEach((part) => part.remove());
  return copy.innerHTML;
};
const says = (text) => { const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main"); return fresh && core(fresh); };
let seen = core(main());

// Shows a page that was fetched; whether the main part changed. `again`: it is the page that is there.
function show(text, url, push, again) {
  const next = new DOMParser().parseFromString(text, "text/html");
  const fresh = next.getElementById("main");
  if (!fresh || next.body.className !== document.body.className) { leaving = true; location.assign(url); return false; }
  const now = core(fresh);
  const changed = !again || now !== seen;
  if (changed) {
    const line = again && !$(":scope > .notice", fresh) && $(":scope > .notice:not(.news)", main());
    main().replaceWith(document.importNode(fresh, true));
    if (line) main().prepend(line);
    seen = now;
  }
  for (const part of [".rail .lights", ".rail nav", ".bar > ul"]) {
    const [old, now] = [$(part), $(part, next)];
    if (old && now && !old.contains(document.activeElement) && !$("[open]", old)) old.replaceWith(document.importNode(now, true));
  }
  document.title = next.title;
  if (push && url !== location.href) history.pushState({}, "", url);
  if (changed) ready();
  return changed;
}

async function send(form, button) {
  const body = form.enctype === "multipart/form-data" ? new FormData(form, button) : new URLSearchParams(new FormData(form, button));
  const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
  main().setAttribute("aria-busy", "true");
  let response, text;
  try {
    response = await fetch(action, { method: "POST", body, headers: { accept: "text/html" } });
    text = await response.text();
  } catch {
    main().removeAttribute("aria-busy");
    line(main().dataset.lost);
    return;
  }
  const next = new DOMParser().parseFromString(text, "text/html");
  if ($("[data-fault]", next) && dirty()) {
    // Nothing was saved: what was typed stays, with the reason above it.
    main().removeAttribute("aria-busy");
    line($$("[data-fault] h1, [data-fault] h1 + p", next).map((part) => part.textContent).join(". "));
    $(".news", main()).scrollIntoView({ block: "center" });
    return;
  }
  const moved = response.redirected;
  if (!show(text, moved ? response.url : location.href, moved)) return;
  const wrong = $(".summary", main());
  const notice = $(".notice p", main());
  if (wrong) { wrong.focus(); } else { main().focus({ preventScroll: true }); window.scrollTo(0, 0); }
  say(wrong ? $("h2", wrong).textContent : notice ? notice.textContent : document.title);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented) return;
  if (form.method !== "post" || !main().contains(form) || form.hasAttribute("data-plain")) { leaving = main().contains(form); return; }
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  send(form, event.submitter).finally(() => { delete form.dataset.busy; });
});
addEventListener("popstate", () => location.reload());

// ---- news --------------------------------------------------------------------------------

function line(text, action) {
  $(".news", main())?.remove();
  const box = document.createElement("div");
  box.className = "notice news";
  box.setAttribute("role", "status");
  box.append(Object.assign(document.createElement("p"), { textContent: text }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: main().dataset.show });
    button.addEventListener("click", action);
    box.append(button);
  }
  main().prepend(box);
}

// Between pressing a button and letting it go, it stays where it is.
let held = false;
addEventListener("pointerdown", () => { held = true; }, true);
for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => setTimeout(() => { held = false; }), true);

async function refresh(force) {
  const response = await fetch(location.href, { headers: { accept: "text/html", "x-looks-again": "1" } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const text = await response.text();
  if (held) { setTimeout(refresh, 250, force); return; }
  if (!force && typing()) { if (says(text) !== seen) line(main().dataset.news, () => refresh(true)); return; }
  const top = window.scrollY;
  const open = $$("details", main()).map((details) => details.open);
  const at = document.activeElement?.getAttribute?.("href");
  if (!show(text, location.href, false, true)) { $(".news", main())?.remove(); return; }
  $$("details", main()).forEach((details, index) => { if (open[index]) details.open = true; });
  if (at) $$("a", main()).find((link) => link.getAttribute("href") === at)?.focus({ preventScroll: true });
  window.scrollTo(0, top);
}

if (document.body.classList.contains("in")) {
  let waiting;
  const source = new EventSource("/gebeurtenissen");
  source.addEventListener("news", ({ data }) => {
    const regions = (main().dataset.refresh || "").split(" ");
    if (data !== "all" && data !== "partners" && !regions.includes(data)) return;
    if (data === "partners" && !regions.includes(data) && (typing() || !main().dataset.refresh)) return;
    // Also when there is no end to it.
    waiting ??= setTimeout(() => { waiting = undefined; refresh(false); }, 250);
  });
  addEventListener("pagehide", () => source.close());
}

// ---- keyboard ----------------------------------------------------------------------------

const keysOn = () => localStorage.getItem("sneltoetsen") !== "uit";
document.addEventListener("keydown", (event) => {
  if (!keysOn() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, textarea, select")) return;
  if (event.key === "/") { const field = $("#q"); if (field) { event.preventDefault(); field.focus(); } return; }
  const cards = $$(".cards[data-keys] .match", main());
  if (!cards.length) return;
  const now = cards.findIndex((card) => card.classList.contains("at"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const next = cards[Math.min(cards.length - 1, Math.max(0, now + step))];
    cards.forEach((card) => card.classList.toggle("at", card === next));
    next.focus();
  } else if (event.key === "Enter" && event.target.matches(".match")) {
    const details = $("details", event.target);
    if (details) details.open = !details.open;
  } else if (event.key === "v" && now >= 0) {
    $("[data-propose]", cards[now])?.focus();
  }
});

// ---- parts of pages ----------------------------------------------------------------------

function ready() {
  const root = main();
  const toggle = $("#keys");
  if (toggle) {
    const word = () => { toggle.textContent = keysOn() ? toggle.dataset.on : toggle.dataset.off; toggle.setAttribute("aria-pressed", String(keysOn())); };
    toggle.hidden = false;
    word();
    toggle.onclick = () => { localStorage.setItem("sneltoetsen", keysOn() ? "uit" : "aan"); word(); };
  }
  for (const bar of $$(".bulk", root)) {
    const rows = () => $$("td.pick input", root);
    const all = $("[data-all]", root);
    const count = () => {
      const ticked = rows().filter((row) => row.checked).length;
      bar.hidden = ticked === 0;
      const number = $("[data-count]", bar);
      if (number) number.textContent = String(ticked);
      if (all) { all.checked = ticked > 0 && ticked === rows().length; all.indeterminate = ticked > 0 && ticked < rows().length; }
    };
    if (all) {
      all.closest("[hidden]")?.removeAttribute("hidden");
      all.addEventListener("change", () => { rows().forEach((row) => { row.checked = all.checked; }); count(); });
    }
    root.addEventListener("change", count);
    count();
  }
  for (const button of $$("[data-copy]", root)) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText($(button.dataset.copy).textContent.trim());
      say(button.dataset.done);
      button.lastChild.textContent = button.dataset.done;
    });
  }
  for (const zone of $$(".drop", root)) {
    const field = $("input[type=file]", zone);
    zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      field.files = event.dataTransfer.files;
      if (field.files.length) zone.requestSubmit();
    });
  }
  for (const form of $$("form[data-filter]", root)) {
    let wait;
    form.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(() => filter(form), 200); });
  }
  const compare = $("[data-compare]", root);
  if (compare) compare.addEventListener("change", () => {
    const ticked = $$("[name=naast]:checked", compare);
    $$("[name=naast]:not(:checked)", compare).forEach((box) => { box.disabled = ticked.length >= 3; });
  });
  const wrong = $(".summary", root);
  if (wrong && !document.activeElement?.closest("main")) wrong.focus();
}

async function filter(form) {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value) url.searchParams.append(name, value);
  const response = await fetch(url, { headers: { accept: "text/html" } }).catch(() => null);
  if (!response?.ok) return;
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  const [old, now] = [$("#results", main()), next.getElementById("results")];
  if (!old || !now) return;
  old.replaceWith(document.importNode(now, true));
  history.replaceState({}, "", url);
  const count = $("[data-found]", main());
  if (count) say(count.textContent);
}

ready();
