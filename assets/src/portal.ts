// The portal's one script. Every page is whole without it: it holds the colours
// and the size of the text that a reader chose from page to page, copies the
// address, and reads aloud where the browser can. It stands before the style
// sheet, so that what was chosen holds before anything is painted; what needs
// the page waits for it. Nothing is loaded from anywhere else. Floor: Chromium 78.

function stored(key: string): string | null {
  try { return window.localStorage.getItem(key); } catch { return null; }
}
function store(key: string, value: string): void {
  try { window.localStorage.setItem(key, value); } catch { /* forbidden: nothing is kept */ }
}

// ---- What a reader chose, before the page is painted

const page = document.documentElement;

/** visit keeps what holds while a site is being read and no longer. */
const visit = {
  get(key: string): string | null { try { return window.sessionStorage.getItem(key); } catch { return null; } },
  set(key: string, value: string): void { try { window.sessionStorage.setItem(key, value); } catch { /* forbidden: nothing is kept */ } },
};

function colours(high: boolean): void {
  page.classList.toggle("high", high);
  visit.set("contrast", high ? "high" : "");
}

const sizes = ["size-s", "size-m", "size-l"];
function letters(id: string): void {
  sizes.forEach((s) => page.classList.toggle(s, s === id && s !== "size-m"));
}

if (visit.get("contrast") === "high" || window.location.hash === "#contrast") colours(true);
letters(stored("size") || "");

function button(text: string, act: () => void, className = ""): HTMLButtonElement {
  const b = document.createElement("button");
  b.type = "button";
  b.textContent = text;
  b.className = "tool" + (className ? " " + className : "");
  b.addEventListener("click", act);
  return b;
}

// ---- What is said to screen readers

const live = document.createElement("p");
live.className = "unseen";
live.setAttribute("role", "status");
function say(text: string): void {
  live.textContent = "";
  window.setTimeout(() => { live.textContent = text; }, 60);
}

// ---- Reading aloud

const rates = [0.75, 1, 1.25, 1.5];
// An edition in another language has its buttons in English.
const chinese = /^zh/.test(document.documentElement.lang || "zh");
const rateNames = chinese ? ["慢", "正常", "稍快", "快"] : ["slow", "normal", "faster", "fast"];
const words = chinese
  ? { read: "朗读", go: "继续朗读", pause: "暂停", stop: "停止", rate: "语速：", broke: "朗读中断，可以再试一次。" }
  : { read: "Read aloud", go: "Continue", pause: "Pause", stop: "Stop", rate: "Speed: ", broke: "Reading stopped. You can try again." };

interface Sentence { text: string; nodes: Text[]; spans: HTMLElement[] }

/** blocks are the readable pieces of the text, in order. */
function blocks(root: HTMLElement): HTMLElement[] {
  const out: HTMLElement[] = [];
  root.querySelectorAll<HTMLElement>("p, h2, h3, h4, li, th, td, figcaption, caption").forEach((e) => {
    if (!e.querySelector("p, li, td") && (e.textContent || "").trim()) out.push(e);
  });
  return out;
}

/** cut wraps each sentence of a block in spans, once; a sentence may run over
    links and marks, so that it has several spans. */
function cut(block: HTMLElement): Sentence[] {
  const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  for (let n = walk.nextNode(); n; n = walk.nextNode()) texts.push(n as Text);
  const out: Sentence[] = [];
  let open: Sentence = { text: "", nodes: [], spans: [] };
  const close = () => {
    if (open.text.trim()) out.push(open);
    open = { text: "", nodes: [], spans: [] };
  };
  texts.forEach((t) => {
    const parts = (t.data.match(/[^。！？；!?]*[。！？；!?]+|[^。！？；!?]+/g) || []);
    if (!parts.length || !t.parentNode) return;
    const all = document.createDocumentFragment();
    parts.forEach((part) => {
      const span = document.createElement("span");
      span.textContent = part;
      all.appendChild(span);
      open.text += part;
      open.spans.push(span);
      if (/[。！？；!?]$/.test(part)) close();
    });
    t.parentNode.replaceChild(all, t);
  });
  close();
  return out;
}

function readAloud(root: HTMLElement, room: HTMLElement, elder: boolean): void {
  const voice = window.speechSynthesis;
  let sentences: Sentence[] | null = null;
  let at = 0;
  let on = false;
  let turn = 0; // utterances of an earlier turn end without effect
  let rate = Math.max(0, rates.indexOf(Number(stored("rate") || "1")));

  const mark = (i: number, set: boolean) => {
    const s = sentences && sentences[i];
    if (s) s.spans.forEach((e) => { e.className = set ? "being-read" : ""; });
  };
  const show = () => {
    start.textContent = on ? words.pause : at > 0 ? words.go : words.read;
    start.setAttribute("aria-pressed", on ? "true" : "false");
    const idle = !on && at === 0;
    if (!elder) room.className = idle ? "read-aloud idle" : "read-aloud"; // alone it shares a line with the sizes
    [stop, faster].forEach((b) => {
      b.hidden = idle;
      if (elder && b.parentElement) b.parentElement.hidden = idle;
    });
    faster.textContent = words.rate + rateNames[rate];
  };
  const speak = () => {
    if (!sentences || at >= sentences.length) { end(); return; }
    const mine = ++turn;
    const u = new SpeechSynthesisUtterance(sentences[at].text);
    u.lang = document.documentElement.lang || "zh-CN";
    u.rate = rates[rate];
    mark(at, true);
    const s = sentences[at].spans[0];
    const r = s.getBoundingClientRect();
    if (r.top < 60 || r.bottom > window.innerHeight - 80) s.scrollIntoView({ block: "center" });
    u.onend = () => {
      if (mine !== turn || !on) return;
      mark(at, false);
      at++;
      speak();
    };
    u.onerror = () => {
      if (mine !== turn) return;
      end();
      say(words.broke);
    };
    voice.speak(u);
  };
  const pause = () => { on = false; turn++; voice.cancel(); show(); };
  const end = () => {
    mark(at, false);
    on = false;
    at = 0;
    turn++;
    voice.cancel();
    show();
  };
  const begin = () => {
    if (!sentences) {
      sentences = [];
      blocks(root).forEach((b) => { sentences = (sentences || []).concat(cut(b)); });
    }
    on = true;
    voice.cancel();
    show();
    speak();
  };
  const start = button(words.read, () => { if (on) pause(); else begin(); });
  const stop = button(words.stop, end);
  const faster = button(words.rate, () => {
    rate = (rate + 1) % rates.length;
    store("rate", String(rates[rate]));
    show();
    if (on) { turn++; voice.cancel(); speak(); }
  });
  [start, stop, faster].forEach((b) => {
    if (!chinese) b.lang = "en";
    if (!elder) { room.appendChild(b); return; }
    const li = document.createElement("li");
    li.appendChild(b);
    room.insertBefore(li, room.firstChild ? room.firstChild.nextSibling : null);
  });
  show();
  window.addEventListener("pagehide", () => voice.cancel());
  document.addEventListener("keydown", (e) => { if (e.key === "Escape" && (on || at > 0)) end(); });
}

function ready(): void {
  document.body.appendChild(live);

  // ---- Colours and the size of the text

  // The two links stand in the page for readers without a script; with one they
  // change the colours where the reader is, and the choice goes along.
  document.querySelectorAll<HTMLAnchorElement>(".contrast-on a, .contrast-off a").forEach((a) => {
    const on = !!a.closest(".contrast-on");
    a.addEventListener("click", (e) => {
      e.preventDefault();
      if (window.location.hash === "#contrast") window.history.replaceState(null, "", window.location.pathname + window.location.search + "#main");
      colours(on);
      const other = document.querySelector<HTMLElement>(on ? ".contrast-off a" : ".contrast-on a");
      if (other) other.focus();
    });
  });
  const chosen = document.getElementById(stored("size") || "");
  if (chosen instanceof HTMLInputElement && chosen.name === "size") chosen.checked = true;
  document.querySelectorAll<HTMLInputElement>("input.size").forEach((i) => {
    i.addEventListener("change", () => {
      if (!i.checked) return;
      store("size", i.id);
      letters(i.id);
    });
  });

  // ---- Copying the address

  document.querySelectorAll<HTMLElement>("[data-share]").forEach((p) => {
    const address = p.querySelector<HTMLElement>(".address");
    if (!address) return;
    const b = button("复制网址", () => {
      const text = (address.textContent || "").trim();
      const done = (ok: boolean) => {
        b.textContent = ok ? "已复制" : "请手动复制";
        say(b.textContent);
        window.setTimeout(() => { b.textContent = "复制网址"; }, 3000);
      };
      if (navigator.clipboard) {
        navigator.clipboard.writeText(text).then(() => done(true), () => done(false));
        return;
      }
      const range = document.createRange();
      range.selectNodeContents(address);
      const chosen = window.getSelection();
      if (!chosen) { done(false); return; }
      chosen.removeAllRanges();
      chosen.addRange(range);
      let ok = false;
      try { ok = document.execCommand("copy"); } catch { ok = false; }
      done(ok);
    });
    p.appendChild(b);
  });

  const prose = document.querySelector<HTMLElement>("main .article-content");
  if (prose && "speechSynthesis" in window && "SpeechSynthesisUtterance" in window) {
    const bar = document.querySelector<HTMLElement>(".elder-bar ul");
    if (bar) {
      readAloud(prose, bar, true);
    } else {
      const room = document.createElement("div");
      room.className = "read-aloud";
      room.setAttribute("role", "group");
      room.setAttribute("aria-label", words.read);
      const before = document.querySelector(".sized") || prose;
      if (before.parentNode) before.parentNode.insertBefore(room, before);
      readAloud(prose, room, false);
    }
  }
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
else ready();
