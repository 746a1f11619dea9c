// The upload area: [data-upload] of templates/tiktok/media/_upload.html, over tus-js-client. Files go one after the
// other; each finished one is told by a bubbling "media:uploaded" event whose detail is the media as the API describes it.
(() => {
  "use strict";
  const CHUNK = 32 * 1024 * 1024;
  const RETRY_MS = [0, 500, 1000, 2000, 3000, 5000, 5000, 10000, 10000, 15000, 15000, 20000, 20000, 30000, 30000, 30000, 30000];
  const FINISH_RETRY_MS = [500, 1000, 2000, 4000, 8000, 8000, 8000];
  const WINDOW_MS = 6000;
  const language = document.documentElement.lang || undefined;

  const pause = (ms) => new Promise((resolve) => window.setTimeout(resolve, ms));
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  const unit = (value, name, digits = 0) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits }).format(value);

  function size(bytes) {
    if (bytes < 1024) return unit(bytes, "byte");
    if (bytes < 1024 ** 2) return unit(bytes / 1024, "kilobyte");
    if (bytes < 1024 ** 3) return unit(bytes / 1024 ** 2, "megabyte", 1);
    return unit(bytes / 1024 ** 3, "gigabyte", 2);
  }

  function duration(seconds) {
    if (seconds < 60) return unit(Math.max(1, Math.ceil(seconds)), "second");
    if (seconds < 3600) return unit(Math.ceil(seconds / 60), "minute");
    return unit(seconds / 3600, "hour", 1);
  }

  // Bytes per second over the last few seconds.
  class Speed {
    samples = [];
    add(bytes) {
      const now = performance.now();
      this.samples.push({ now, bytes });
      while (this.samples.length > 2 && now - this.samples[0].now > WINDOW_MS) this.samples.shift();
    }
    get value() {
      const [first, last] = [this.samples[0], this.samples.at(-1)];
      return last && last.now - first.now > 400 ? ((last.bytes - first.bytes) * 1000) / (last.now - first.now) : 0;
    }
  }

  class Item {
    constructor(area, file) {
      this.area = area;
      this.file = file;
      this.element = area.pattern.content.firstElementChild.cloneNode(true);
      this.part = (name) => this.element.querySelector(`[data-${name}]`);
      this.bar = this.element.querySelector("progress");
      this.sent = 0;
      this.part("name").textContent = file.name;
      this.part("name").title = file.name;
      this.bar.setAttribute("aria-label", file.name);
      this.part("pause").addEventListener("click", () => this.pause());
      this.part("resume").addEventListener("click", () => this.wait());
      this.part("retry").addEventListener("click", () => this.wait());
      this.part("close").addEventListener("click", () => this.remove());
      this.part("cancel").addEventListener("submit", (event) => {
        event.preventDefault();
        this.cancel();
      });
      for (const button of this.element.querySelectorAll("button")) {
        button.setAttribute("aria-label", `${button.textContent.trim()}: ${file.name}`);
      }
      this.tus = this.prepare();
      this.show("waiting");
    }

    get key() {
      return [this.file.name, this.file.size, this.file.lastModified].join("|");
    }

    prepare() {
      return new tus.Upload(this.file, {
        endpoint: this.area.endpoint,
        chunkSize: CHUNK,
        retryDelays: RETRY_MS,
        removeFingerprintOnSuccess: true,
        metadata: { filename: this.file.name, filetype: this.file.type },
        onBeforeRequest: (request) => request.setHeader("X-CSRFToken", this.area.token),
        onShouldRetry: (error) => this.mayRetry(error),
        onUploadUrlAvailable: () => this.area.forgetUnfinished(this.tus.url),
        onProgress: (sent) => this.progress(sent),
        onSuccess: () => this.finish(),
        onError: (error) => this.fail(error),
      });
    }

    // States: waiting, starting, uploading, offline, paused, checking, failed, gone.
    show(state, text) {
      this.state = state;
      const moving = ["waiting", "starting", "uploading", "offline"].includes(state);
      this.part("pause").hidden = !moving;
      this.part("resume").hidden = state !== "paused";
      this.part("cancel").hidden = !moving && state !== "paused";
      this.part("retry").hidden = state !== "failed" || this.isFinal;
      this.part("close").hidden = state !== "failed";
      this.part("percent").textContent = state === "failed" || state === "waiting" ? "" : `${this.percent} %`;
      this.element.classList.toggle("is-bad", state === "failed");
      if (state === "starting" || state === "finishing") this.bar.removeAttribute("value");
      else this.bar.value = this.percent;
      this.part("said").textContent = text ?? this.area.text(state, this.amounts);
    }

    get percent() {
      return this.file.size ? Math.floor((this.sent / this.file.size) * 100) : 0;
    }

    get amounts() {
      return { name: this.file.name, done: size(this.sent), total: size(this.file.size) };
    }

    wait() {
      this.isFinal = false;
      this.show("waiting");
      this.area.next();
    }

    async start() {
      this.show("starting");
      this.speed = new Speed();
      if (!this.tus.url) {
        const [previous] = await this.tus.findPreviousUploads();
        if (previous) this.tus.resumeFromPreviousUpload(previous);
      }
      if (this.state === "starting") this.tus.start();
    }

    progress(sent) {
      if (!["starting", "uploading", "offline"].includes(this.state)) return;
      if (sent < this.sent) this.speed = new Speed(); // it went back to what the server has
      this.sent = sent;
      this.speed.add(sent);
      const rate = this.speed.value;
      const moving = { ...this.amounts, speed: size(rate), left: duration((this.file.size - sent) / (rate || 1)) };
      this.show("uploading", rate > 0 ? this.area.text("uploading", moving) : this.area.text("amount", moving));
    }

    mayRetry(error) {
      const status = error.originalResponse?.getStatus() ?? 0;
      const retry = status === 0 || status >= 500 ? status !== 507 : status === 409 || status === 423;
      if (retry) this.show("offline", this.area.text(status === 0 ? "offline" : "busy"));
      return retry;
    }

    pause() {
      const running = this.state !== "waiting";
      this.show("paused");
      if (running) this.tus.abort();
      this.focus("resume");
      this.area.next();
    }

    async cancel() {
      this.state = "gone";
      this.area.announce("cancelled", this.amounts);
      this.remove();
      this.area.next();
      if (this.tus.url) await this.tus.abort(true).catch(() => {}); // otherwise it expires by itself
    }

    async finish() {
      this.sent = this.file.size;
      this.show("finishing");
      for (const wait of [...FINISH_RETRY_MS, null]) {
        const answer = await this.ask(`${this.tus.url}finish/`);
        if (answer?.ok) return this.uploaded(await answer.json());
        const final = answer && answer.status < 500 && answer.status !== 423;
        if (final || wait === null) return this.refuse(answer);
        await pause(wait);
      }
    }

    ask(address) {
      return fetch(address, { method: "POST", headers: { "X-CSRFToken": this.area.token, Accept: "application/json" } }).catch(() => null);
    }

    uploaded(media) {
      this.state = "gone";
      this.area.announce("uploaded", this.amounts);
      this.element.dispatchEvent(new CustomEvent("media:uploaded", { bubbles: true, detail: media }));
      this.remove();
      this.area.next();
    }

    async refuse(answer) {
      const said = answer?.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      this.isFinal = answer?.status === 422;
      this.stop(said?.message ?? this.area.text("broken"));
    }

    fail(error) {
      const status = error.originalResponse?.getStatus() ?? 0;
      if (status === 0 && this.file.size && /read|NotFound|NotReadable/i.test(String(error.causingError?.name ?? error))) {
        this.isFinal = true;
        return this.stop(this.area.text("unreadable"));
      }
      if (status === 401 || status === 403) return this.stop(this.area.text("signedOut"));
      this.isFinal = [400, 413].includes(status);
      return this.stop(this.message(error) ?? this.area.text("broken"));
    }

    message(error) {
      try {
        return JSON.parse(error.originalResponse?.getBody() ?? "").message;
      } catch {
        return undefined;
      }
    }

    stop(text) {
      this.show("failed", text);
      this.area.say(`${this.file.name}: ${text}`);
      this.area.next();
    }

    focus(name) {
      if (this.element.contains(document.activeElement) || document.activeElement === document.body) this.part(name).focus();
    }

    remove() {
      const focused = this.element.contains(document.activeElement);
      this.element.remove();
      this.area.items = this.area.items.filter((item) => item !== this);
      if (focused) this.area.input.focus();
    }
  }

  class Area {
    constructor(section) {
      this.section = section;
      this.items = [];
      this.endpoint = section.dataset.endpoint;
      this.pattern = section.querySelector("template[data-upload-item]");
      this.queue = section.querySelector("[data-upload-queue]");
      this.drop = section.querySelector("[data-upload-drop]");
      this.input = section.querySelector("input[type=file]");
      this.input.multiple = true;
      this.input.addEventListener("change", () => {
        this.add(this.input.files);
        this.input.value = "";
      });
      this.listenForDrops();
      window.addEventListener("online", () => this.items.filter((item) => item.state === "failed" && !item.isFinal).forEach((item) => item.wait()));
    }

    get token() {
      return this.section.querySelector("[name=csrfmiddlewaretoken]").value;
    }

    text(state, values = {}) {
      const key = `text${state[0].toUpperCase()}${state.slice(1)}`;
      return fill(this.section.dataset[key] ?? "", values);
    }

    say(text) {
      this.section.querySelector("[data-upload-announce]").textContent = text;
    }

    announce(state, values) {
      this.say(this.text(state, values));
    }

    listenForDrops() {
      const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
      const over = (is) => this.drop.classList.toggle("is-over", is);
      window.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
      window.addEventListener("drop", (event) => hasFiles(event) && event.preventDefault());
      this.drop.addEventListener("dragover", (event) => over(hasFiles(event)));
      this.drop.addEventListener("dragleave", (event) => this.drop.contains(event.relatedTarget) || over(false));
      this.drop.addEventListener("drop", (event) => {
        over(false);
        this.add(event.dataTransfer.files);
      });
    }

    add(files) {
      for (const file of files) {
        const item = new Item(this, file);
        const twin = this.items.find((other) => other.key === item.key && !other.isFinal);
        if (twin) {
          this.announce("twice", { name: file.name });
          if (twin.state === "failed" || twin.state === "paused") twin.wait();
          continue;
        }
        this.items.push(item);
        this.queue.append(item.element);
      }
      this.next();
    }

    next() {
      const busy = this.items.some((item) => ["starting", "uploading", "offline", "finishing"].includes(item.state));
      if (!busy) this.items.find((item) => item.state === "waiting")?.start();
    }

    forgetUnfinished(url) {
      const path = new URL(url, window.location.href).pathname;
      const row = this.section.querySelector(`[data-unfinished="${CSS.escape(path)}"]`);
      const list = row?.parentElement;
      row?.remove();
      if (list && !list.children.length) list.remove();
    }
  }

  document.querySelectorAll("[data-upload]").forEach((section) => new Area(section));
})();
