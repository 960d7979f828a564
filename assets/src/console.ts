// The console's script. Every screen works without it: it only spares time
// (parts of a page instead of all of it), keeps what was typed, and tells
// screen readers what changed. Floor: Chromium 78.

import htmx from "htmx.org";

const live = document.getElementById("live");

/** say puts a sentence into the page's live region. */
function say(text: string): void {
  if (!live || !text) return;
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 60);
}

/** on listens below the document, for elements that come and go. */
function on<K extends keyof DocumentEventMap>(type: K, selector: string, act: (target: HTMLElement, e: DocumentEventMap[K]) => void): void {
  document.addEventListener(type, (e) => {
    const target = e.target instanceof Element ? e.target.closest<HTMLElement>(selector) : null;
    if (target) act(target, e);
  });
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ""): HTMLElementTagNameMap[K] {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text) e.textContent = text;
  return e;
}

// Some intranet browsers forbid storage altogether; then drafts are not kept.
function stored(store: () => Storage, key: string): string | null {
  try { return store().getItem(key); } catch { return null; }
}
function store(where: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) where().removeItem(key); else where().setItem(key, value);
  } catch { /* full or forbidden: the server's copy is the real one */ }
}
const session = () => window.sessionStorage;
const local = () => window.localStorage;

// ---- htmx: tokens, busy regions, focus, announcements

const focusable = "a[href], button, input, select, textarea, summary, [tabindex]";
let lostFrom: Element | null = null;

document.body.addEventListener("htmx:configRequest", (e) => {
  const d = (e as CustomEvent).detail;
  if (d.verb !== "get" && !("_form" in (d.unfilteredParameters || d.parameters || {}))) {
    d.headers["X-Form-Token"] = document.body.dataset.formToken || "";
  }
});
document.body.addEventListener("htmx:beforeRequest", (e) => {
  ((e as CustomEvent).detail.target as Element).setAttribute("aria-busy", "true");
});
document.body.addEventListener("htmx:afterRequest", (e) => {
  ((e as CustomEvent).detail.target as Element).removeAttribute("aria-busy");
});
document.body.addEventListener("htmx:beforeSwap", (e) => {
  const target = (e as CustomEvent).detail.target as Element;
  lostFrom = document.activeElement && target.contains(document.activeElement) && target !== document.activeElement ? target : null;
});
document.body.addEventListener("htmx:afterSettle", (e) => {
  const target = (e as CustomEvent).detail.target as HTMLElement;
  const wrong = target.querySelector<HTMLElement>("[data-focus]");
  if (wrong) wrong.focus();
  else if (lostFrom && (!document.activeElement || document.activeElement === document.body)) {
    // The focus went with the part that was replaced: stay in its place.
    const next = target.isConnected ? target : document.getElementById("main");
    if (next) {
      if (!next.matches(focusable)) next.setAttribute("tabindex", "-1");
      next.focus();
    }
  }
  lostFrom = null;
  const status = target.querySelector("[role=status]");
  if (status) say(status.textContent || "");
  enhance(target);
});
document.body.addEventListener("htmx:sendError", () => say("网络中断，本次没有提交，请稍后重试。"));

// ---- Forms: counters, one submission, drafts

interface Draft { [name: string]: string[] }

// What one person typed is not shown to the next in the same window, however the
// first has left: by signing out, or because the session ended.
const person = document.body.dataset.person;
if (person && stored(session, "person") !== person) {
  try { window.sessionStorage.clear(); } catch { /* nothing was kept */ }
  store(session, "person", person);
}

// What a form says of itself is read from its attributes: a field called method
// or action hides the form's own property of that name.
function posts(form: HTMLFormElement): boolean {
  return (form.getAttribute("method") || "").toLowerCase() === "post";
}

function addressOf(form: HTMLFormElement): string {
  return new URL(form.getAttribute("action") || location.href, location.href).pathname;
}

// A draft is known by where its form goes: a refused form comes back at that
// address and not at the page's.
function draftKey(form: HTMLFormElement): string {
  return "draft:" + addressOf(form) + ":" + form.dataset.draft;
}

function fieldsOf(form: HTMLFormElement): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] {
  const kept: (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] = [];
  for (const e of Array.from(form.elements)) {
    if (e instanceof HTMLInputElement && ["hidden", "password", "file", "submit", "button"].indexOf(e.type) >= 0) continue;
    if ((e instanceof HTMLInputElement || e instanceof HTMLTextAreaElement || e instanceof HTMLSelectElement) && e.name) kept.push(e);
  }
  return kept;
}

function read(form: HTMLFormElement): Draft {
  const d: Draft = {};
  for (const e of fieldsOf(form)) {
    d[e.name] = d[e.name] || [];
    if (e instanceof HTMLInputElement && (e.type === "checkbox" || e.type === "radio") && !e.checked) continue;
    d[e.name].push(e.value);
  }
  return d;
}

function write(form: HTMLFormElement, d: Draft): void {
  for (const e of fieldsOf(form)) {
    const values = d[e.name];
    if (!values) continue;
    if (e instanceof HTMLInputElement && (e.type === "checkbox" || e.type === "radio")) e.checked = values.indexOf(e.value) >= 0;
    else e.value = values.shift() ?? e.value;
    e.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

const SENT = "draft-sent";

// A draft goes once its form was taken: the next page is neither the form with
// errors nor a fault page.
function settleDrafts(): void {
  const sent = stored(session, SENT);
  if (!sent) return;
  store(session, SENT, null);
  if (!document.querySelector(".errors, .kept, .alert[role=alert]")) store(session, sent, null);
}

function offerDraft(form: HTMLFormElement): void {
  const key = draftKey(form);
  const text = stored(session, key);
  if (!text) return;
  let d: Draft;
  try { d = JSON.parse(text); } catch { store(session, key, null); return; }
  if (JSON.stringify(read(form)) === text) return;
  const bar = make("div", "alert info draft");
  bar.setAttribute("role", "status");
  bar.append(make("p", "", "上次填写的内容还没有提交。"));
  const acts = make("p", "");
  const restore = make("button", "button", "恢复内容");
  const drop = make("button", "button plain", "不用了");
  restore.type = drop.type = "button";
  restore.addEventListener("click", () => { write(form, d); unfold(form); bar.remove(); fieldsOf(form)[0]?.focus(); say("已恢复上次填写的内容。"); });
  drop.addEventListener("click", () => { store(session, key, null); bar.remove(); fieldsOf(form)[0]?.focus(); });
  acts.append(restore, drop);
  bar.append(acts);
  form.parentNode?.insertBefore(bar, form);
  const act = form.closest<HTMLDetailsElement>("details.act");
  if (act) act.open = true; // what was typed is not to be missed
}

/** unfold opens what is folded and holds something. */
function unfold(root: ParentNode): void {
  for (const d of Array.from(root.querySelectorAll<HTMLDetailsElement>("details.folded, details.field-more"))) {
    const filled = Array.from(d.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>("input, select, textarea"))
      .some((f) => f.type === "checkbox" || f.type === "radio" ? (f as HTMLInputElement).checked : f.value !== "");
    if (filled) d.open = true;
  }
}

// A choice that asks for more opens the fields for it; the focus stays.
on("change", "select[data-opens]", (e) => {
  const select = e as HTMLSelectElement;
  const more = select.closest(".field")?.nextElementSibling;
  if (more instanceof HTMLDetailsElement && select.value === select.dataset.opens) more.open = true;
});

let saving = 0;
on("input", "form[data-draft]", (form) => {
  window.clearTimeout(saving);
  saving = window.setTimeout(() => store(session, draftKey(form as HTMLFormElement), JSON.stringify(read(form as HTMLFormElement))), 400);
});

document.addEventListener("submit", (e) => {
  const form = e.target as HTMLFormElement;
  if (!posts(form)) return;
  if (form.dataset.sent) { e.preventDefault(); return; } // a second click
  form.dataset.sent = "1";
  window.setTimeout(() => { delete form.dataset.sent; }, 8000); // a download leaves the page standing
  if (form.dataset.draft) {
    window.clearTimeout(saving);
    store(session, draftKey(form), JSON.stringify(read(form)));
    store(session, SENT, draftKey(form));
  }
  if (/\/logout$/.test(addressOf(form))) {
    try { window.sessionStorage.clear(); } catch { /* nothing was kept */ }
  }
});
window.addEventListener("pageshow", () => {
  for (const f of Array.from(document.forms)) delete f.dataset.sent;
});
document.body.addEventListener("htmx:afterRequest", (e) => {
  const form = ((e as CustomEvent).detail.elt as Element).closest("form");
  if (form) delete form.dataset.sent;
});

function count(area: HTMLTextAreaElement): void {
  const max = area.maxLength;
  if (max <= 0) return;
  let line = area.nextElementSibling;
  if (!line || !line.classList.contains("counter")) {
    line = make("p", "counter");
    area.after(line);
  }
  line.textContent = "已填 " + area.value.length + " 字，最多 " + max + " 字";
}
on("input", "textarea[maxlength]", (e) => count(e as HTMLTextAreaElement));

// ---- Texts of items that this browser keeps until the server has them

// The copy of a form that was sent goes when the next page says it was taken.
function settleText(): void {
  const sent = stored(session, "item-text-sent");
  if (!sent) return;
  store(session, "item-text-sent", null);
  if (document.querySelector(".receipt") && !document.querySelector(".errors")) store(local, sent, null);
}

// The list of unsaved texts also shows those that never reached the server.
function listTexts(room: HTMLElement): void {
  const mine = "item-text:" + room.dataset.person + ":";
  const list = make("ul", "");
  try {
    for (let i = 0; i < window.localStorage.length; i++) {
      const key = window.localStorage.key(i) || "";
      if (key.indexOf(mine) !== 0) continue;
      const text = JSON.parse(window.localStorage.getItem(key) || "{}") as { at: number; title?: string; href?: string };
      if (!text.href || text.href.indexOf("/console/items/") !== 0) continue;
      const a = make("a", "", text.title || "（没有标题）");
      a.href = text.href;
      const drop = make("button", "button plain", "删除");
      drop.type = "button";
      const item = make("li", "");
      drop.addEventListener("click", () => { store(local, key, null); item.remove(); say("已删除本机留存的内容。"); });
      item.append(a, "，" + new Date(text.at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai" }) + " ", drop);
      list.append(item);
    }
  } catch { return; }
  if (list.children.length === 0) return;
  room.append(make("h2", "", "只留在这台电脑浏览器里的内容"), make("p", "hint", "网络不通或登录过期时没有送到服务器。打开后按提示恢复。"), list);
  room.hidden = false;
}

// ---- Open menus close on Esc and on a click elsewhere

document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  for (const d of Array.from(document.querySelectorAll<HTMLDetailsElement>("details.menu-pop[open]"))) {
    d.open = false;
    d.querySelector("summary")?.focus();
  }
});
document.addEventListener("click", (e) => {
  for (const d of Array.from(document.querySelectorAll<HTMLDetailsElement>("details.menu-pop[open]"))) {
    if (!d.contains(e.target as Node)) d.open = false;
  }
});

// ---- Paper shows what the screen folds away

let folded: HTMLDetailsElement[] = [];
window.addEventListener("beforeprint", () => {
  folded = Array.from(document.querySelectorAll<HTMLDetailsElement>("main details:not([open])"));
  for (const d of folded) d.open = true;
});
window.addEventListener("afterprint", () => {
  for (const d of folded) d.open = false;
  folded = [];
});

// ---- Comments in a text: what is marked with the mouse or keys stands in the
// form; A takes over the first suggestion.

document.addEventListener("selectionchange", () => {
  const picked = document.getSelection();
  const quote = document.querySelector<HTMLTextAreaElement>("[data-comments] textarea[name=quote]");
  if (!picked || !quote || picked.isCollapsed || !picked.anchorNode || document.activeElement === quote) return;
  const from = picked.anchorNode instanceof Element ? picked.anchorNode : picked.anchorNode.parentElement;
  const block = from?.closest<HTMLElement>("[data-comments] [data-block]");
  const to = picked.focusNode instanceof Element ? picked.focusNode : picked.focusNode?.parentElement;
  if (!block || to?.closest("[data-block]") !== block) return;
  quote.value = picked.toString();
  const at = quote.form?.elements.namedItem("block");
  if (at instanceof HTMLInputElement) at.value = block.dataset.block || "-2";
});

// ---- Keyboard sheet. Single keys can be switched off (WCAG 2.1.4).

const KEYS_OFF = "keys-off";
let sheet: HTMLDialogElement | null = null;

function showSheet(): void {
  if (!sheet) {
    sheet = make("dialog", "sheet");
    sheet.setAttribute("aria-labelledby", "sheet-title");
    const title = make("h2", "", "键盘操作");
    title.id = "sheet-title";
    const list = make("dl", "");
    for (const [key, what] of [["/", "到搜索框"], ["?", "打开这张表"], ["A", "采纳第一处批注建议"], ["Tab", "到下一处"], ["Shift + Tab", "回上一处"], ["Esc", "关闭菜单和窗口"]]) {
      const dt = make("dt", "");
      dt.append(make("kbd", "", key));
      list.append(dt, make("dd", "", what));
    }
    const choice = make("div", "choice");
    const box = make("input", "");
    box.type = "checkbox";
    box.id = "sheet-keys";
    box.checked = stored(local, KEYS_OFF) !== "1";
    box.addEventListener("change", () => store(local, KEYS_OFF, box.checked ? null : "1"));
    const label = make("label", "", "使用单键快捷键（/、? 和 A）");
    label.htmlFor = box.id;
    choice.append(box, label);
    const close = make("button", "button", "关闭");
    close.type = "button";
    close.addEventListener("click", () => sheet?.close());
    sheet.append(title, list, choice, close);
    document.body.append(sheet);
  }
  if (!sheet.open) sheet.showModal();
}

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || stored(local, KEYS_OFF) === "1") return;
  if (e.target instanceof Element && e.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  if (e.key === "/") {
    const box = document.getElementById("top-q");
    if (box) { e.preventDefault(); box.focus(); }
  } else if (e.key === "?") {
    e.preventDefault();
    showSheet();
  } else if (e.key === "a" || e.key === "A") {
    const here = e.target instanceof Element ? e.target.closest(".remark") : null;
    const accept = (here || document).querySelector<HTMLButtonElement>("[data-comments] button[data-accept], button[data-accept]");
    if (accept) { e.preventDefault(); accept.click(); }
  }
});

// ---- Reading the sites of the day: J and K walk the cards, Y passes, N writes
// what is wrong, U takes the verdict back; after the last card stands confirming.
// With nothing chosen a key chooses and does no more: nobody passes a site unseen.
// Only within the patrol, and only while single keys are on.

document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || stored(local, KEYS_OFF) === "1") return;
  if (e.target instanceof Element && e.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  const room = document.querySelector<HTMLElement>("[data-patrol]");
  if (!room) return;
  const cards = Array.from(document.querySelectorAll<HTMLElement>("[data-look], [data-confirm]"));
  const here = document.activeElement ? document.activeElement.closest<HTMLElement>("[data-look], [data-confirm]") : null;
  const marked = location.hash.length > 1 ? cards.find((c) => c.id === location.hash.slice(1)) : undefined;
  const first = marked || cards.find((c) => c.dataset.look === "") || cards[0];
  const key = e.key.toLowerCase();
  if (!first || !"jkynu".includes(key)) return;
  e.preventDefault();
  if (!here) { first.focus(); return; }
  const at = cards.indexOf(here);
  const confirms = here.hasAttribute("data-confirm");
  switch (key) {
    case "j": cards[Math.min(at + 1, cards.length - 1)].focus(); break;
    case "k": cards[Math.max(at - 1, 0)].focus(); break;
    case "y": here.querySelector<HTMLButtonElement>(confirms ? "button[type=submit], button:not([type])" : "[data-yes]")?.click(); break;
    case "n": here.querySelector<HTMLInputElement>("[data-no]")?.focus(); break;
    case "u": here.querySelector<HTMLButtonElement>("[data-undo]")?.click(); break;
  }
});
document.addEventListener("keydown", (e) => {
  if (e.key !== "Enter" || e.isComposing || !(e.target instanceof Element) || !e.target.matches("[data-patrol] [data-no]")) return;
  e.preventDefault();
  e.target.closest("form")?.querySelector<HTMLButtonElement>("[data-problem]")?.click();
});

// ---- Putting things in another order: dragging does what 移到 does, with the
// same form. A line dropped on another takes its place.

let carried: HTMLElement | null = null;
function lines(room: Element): HTMLElement[] {
  return Array.from(room.querySelectorAll<HTMLElement>(".arrange-item"));
}
function arrange(root: ParentNode): void {
  for (const room of Array.from(root.querySelectorAll<HTMLElement>("[data-arrange]"))) {
    for (const line of lines(room)) line.draggable = true;
  }
}
on("dragstart", ".arrange-item[draggable]", (line, e) => {
  carried = line;
  line.classList.add("dragged");
  e.dataTransfer?.setData("text/plain", line.dataset.key || "");
});
document.addEventListener("dragover", (e) => {
  const over = e.target instanceof Element ? e.target.closest<HTMLElement>(".arrange-item") : null;
  const room = carried?.closest("[data-arrange]");
  for (const mark of Array.from(document.querySelectorAll(".drop-here"))) if (mark !== over) mark.classList.remove("drop-here");
  if (!over || !room || !room.contains(over) || over === carried) return;
  e.preventDefault();
  over.classList.add("drop-here");
});
on("dragend", ".arrange-item", () => {
  for (const mark of Array.from(document.querySelectorAll(".dragged, .drop-here"))) mark.classList.remove("dragged", "drop-here");
  carried = null;
});
document.addEventListener("drop", (e) => {
  const over = e.target instanceof Element ? e.target.closest<HTMLElement>(".arrange-item") : null;
  const room = carried?.closest<HTMLElement>("[data-arrange]");
  const form = carried?.querySelector<HTMLFormElement>("form[method=post]");
  if (!over || !room || !form || !room.contains(over) || over === carried) return;
  e.preventDefault();
  const set = (name: string, value: string): void => {
    for (const old of Array.from(form.querySelectorAll(`[name="${name}"]`))) old.removeAttribute("name");
    const field = make("input", "");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  };
  // In a tree a line goes before another; in a list it takes its number.
  const tree = room.classList.contains("columns-tree");
  set("step", tree ? "next" : "to");
  set("to", tree ? over.dataset.key || "" : String(lines(room).indexOf(over) + 1));
  form.action = room.dataset.arrange || form.action;
  form.submit();
});

// ---- Start

/** A strip of tabs wider than the screen begins where the reader is. */
function inView(root: ParentNode): void {
  for (const tab of Array.from(root.querySelectorAll<HTMLElement>(".tabs ul [aria-current]"))) {
    const strip = tab.closest("ul");
    if (!strip || strip.scrollWidth <= strip.clientWidth) continue;
    const at = tab.getBoundingClientRect(), room = strip.getBoundingClientRect();
    strip.scrollLeft += at.left - room.left - (room.width - at.width) / 2;
  }
}

function enhance(root: ParentNode): void {
  for (const f of Array.from(root.querySelectorAll<HTMLFormElement>("form[data-draft]"))) offerDraft(f);
  for (const a of Array.from(root.querySelectorAll<HTMLTextAreaElement>("textarea[maxlength]"))) count(a);
  arrange(root);
  inView(root);
}

settleDrafts();
settleText();
for (const room of Array.from(document.querySelectorAll<HTMLElement>(".local-texts"))) listTexts(room);
enhance(document);
document.querySelector<HTMLElement>("[data-focus]")?.focus();
void htmx;
