// Nothing typed is lost. Every change is copied into the browser at once and
// to the server within seconds; the browser's copy goes only when the server
// has taken it. The server keeps what is typed for each person apart, counted,
// so two windows never write over one another unseen.

import { button, clock, make, say } from "./dom";

const IDLE = 5000, BUSY = 30000, HOLD = 30000, RETRY = 15000;

export interface Fields { [name: string]: string[] }
export interface Local { at: number; title: string; href: string; base: string; fields: Fields }

export interface Place {
  form: HTMLFormElement;
  item: string; // empty for a new item
  draft: string; // key of a new item's text
  person: string;
  seq: number;
  href: string;
}

/** localKey is where the browser keeps the text of one form of one person. */
export function localKey(person: string, item: string, draft: string): string {
  return "item-text:" + person + ":" + (item || "new:" + draft);
}

export class Keeper {
  private dirty = false;
  private since = 0;
  private idle = 0;
  private typing = 0;
  private sending = false;
  private again = false;
  private stopped = false;
  private fresh = true; // nothing sent by this window yet
  private change = 0;
  private readonly key: string;
  readonly status = make("p", "keep-status");

  constructor(private readonly at: Place, private readonly fields: () => Fields, private readonly freeze: (why: HTMLElement) => void) {
    this.key = localKey(at.person, at.item, at.draft);
    this.status.setAttribute("role", "status");
    this.status.textContent = "输入的内容会自动保存。";
    window.setInterval(() => { if (!this.dirty) void this.hold(); }, HOLD);
    void this.hold();
    window.addEventListener("pagehide", () => { if (this.dirty) this.local(); });
    window.addEventListener("online", () => { if (this.dirty) void this.send(); });
  }

  /** was is the copy this browser kept, when it differs from what the form shows. */
  was(): Local | null {
    let l: Local;
    try {
      const s = window.localStorage.getItem(this.key);
      if (!s) return null;
      l = JSON.parse(s) as Local;
    } catch { return null; }
    const words = (f: Fields) => JSON.stringify({ ...f, base: [] });
    return words(l.fields) === words(this.fields()) ? null : l;
  }

  forget(): void {
    try { window.localStorage.removeItem(this.key); } catch { /* nothing was kept */ }
  }

  /** changed is called at every change of the form. */
  changed(): void {
    if (this.stopped) return;
    this.change++;
    if (!this.dirty) { this.dirty = true; this.since = Date.now(); }
    window.clearTimeout(this.typing);
    this.typing = window.setTimeout(() => { if (this.dirty) this.local(); }, 300);
    window.clearTimeout(this.idle);
    this.idle = window.setTimeout(() => void this.send(), Math.max(0, Math.min(IDLE, this.since + BUSY - Date.now())));
  }

  /** sent notes that the form goes to the server; the next page of ours that says it was taken lets the copy go. */
  sent(): void {
    this.local();
    window.clearTimeout(this.idle);
    try { window.sessionStorage.setItem("item-text-sent", this.key); } catch { /* the copy stays and is offered */ }
  }

  private local(): void {
    const f = this.fields();
    const l: Local = { at: Date.now(), title: (f.title || [""])[0], href: this.at.href, base: (f.base || [""])[0], fields: f };
    try { window.localStorage.setItem(this.key, JSON.stringify(l)); } catch { this.tell("本机浏览器不能留存副本，请及时保存。"); }
  }

  private tell(text: string, ...more: HTMLElement[]): void {
    if (this.status.textContent === text) return;
    this.status.textContent = text;
    this.status.append(...more);
  }

  private async post(path: string, body: URLSearchParams): Promise<Response> {
    return fetch(path, { method: "POST", credentials: "same-origin", redirect: "manual", body,
      headers: { "X-Form-Token": document.body.dataset.formToken || "", Accept: "application/json" } });
  }

  async send(over = false): Promise<void> {
    if (this.stopped) return;
    if (this.sending) { this.again = true; return; }
    this.sending = true;
    const change = this.change;
    this.since = Date.now();
    const body = new URLSearchParams();
    const f = this.fields();
    for (const k of Object.keys(f)) for (const v of f[k]) body.append(k, v);
    body.set("item", this.at.item);
    body.set("draft", this.at.draft);
    body.set("seq", String(this.at.seq));
    if (this.fresh || over) body.set("keep", "1");
    try {
      const r = await this.post("/console/items/autosave", body);
      if (r.ok) {
        const got = await r.json() as { seq: number; taken?: { by: string; since: string } };
        this.at.seq = got.seq;
        this.fresh = false;
        if (change === this.change) { this.dirty = false; this.forget(); }
        this.tell(clock(new Date()) + " 已自动保存。");
        if (got.taken) this.taken(got.taken);
      } else if (r.status === 409) {
        const got = await r.json() as { seq: number; detail: string };
        this.local();
        this.twoWindows(got.seq, got.detail);
      } else if (r.status === 401 || r.status === 403 || r.type === "opaqueredirect") {
        this.local();
        const a = make("a", "", "重新登录");
        a.href = "/console/login?next=" + encodeURIComponent(this.at.href);
        this.tell("登录已过期。内容已留在本机浏览器，登录后回到本页会提示恢复。", a);
        say("登录已过期，内容已留在本机浏览器。");
      } else {
        this.local();
        const p = await r.json().catch(() => null) as { detail?: string } | null;
        this.tell("没有自动保存：" + (p?.detail || "服务器暂时不能使用。") + "内容已留在本机浏览器。");
        if (r.status >= 500 || r.status === 429) this.retry();
      }
    } catch {
      this.local();
      this.tell("网络不通，内容已留在本机浏览器，恢复后自动保存。");
      this.retry();
    } finally {
      this.sending = false;
    }
    if (this.again || this.dirty && change !== this.change) { this.again = false; this.changed(); }
  }

  private retry(): void {
    window.clearTimeout(this.idle);
    this.idle = window.setTimeout(() => void this.send(), RETRY);
  }

  private async hold(): Promise<void> {
    if (this.stopped || !this.at.item) return;
    try {
      const r = await this.post("/console/items/" + encodeURIComponent(this.at.item) + "/hold", new URLSearchParams());
      if (!r.ok) return;
      const got = await r.json() as { taken?: { by: string; since: string } };
      if (got.taken) {
        if (this.dirty) await this.send();
        this.taken(got.taken);
      }
    } catch { /* the next one will say */ }
  }

  // Another person edits now: what stands here stays, as a draft of one's own.
  private taken(by: { by: string; since: string }): void {
    if (this.stopped) return;
    this.stopped = true;
    const box = make("div", "alert warn");
    box.setAttribute("role", "alert");
    box.append(make("p", "alert-title", `${by.by} 于 ${by.since} 接手编辑这篇稿件。`));
    const p = make("p", "", "您的内容没有丢失，已留作草稿，可以在");
    const a = make("a", "", "恢复草稿");
    a.href = "/console/items/drafts";
    p.append(a, document.createTextNode("中查看。本页不再保存。"));
    box.append(p);
    this.freeze(box);
    this.tell("已由他人接手，本页不再自动保存。");
  }

  private twoWindows(seq: number, detail: string): void {
    if (this.status.querySelector("button")) return;
    this.tell(detail + "两边的内容都会留在“恢复草稿”中。", button("以本窗口继续", () => {
      this.at.seq = seq;
      this.tell("正在保存…");
      void this.send(true);
    }, "button plain"));
    say(detail);
  }
}
