// The upload area: [data-upload] of templates/tiktok/media/_upload.html, over tus-js-client. Files go one after the
// other; each finished one is told by a bubbling "media:uploaded" event whose detail is the media as the API describes it.
(() => {
  "use strict";
  const PIECES = [32, 8, 2, 0.5].map((megabytes) => megabytes * 1024 * 1024); // a proxy that refuses one gets the next
  const BLOCK = 64 * 1024;
  const RETRY_MS = [0, 500, 1000, 2000, 3000, 5000, 5000, 10000, 10000, 15000, 15000, 20000, 20000, 30000, 30000, 30000, 30000];
  const FINISH_RETRY_MS = [500, 1000, 2000, 4000, 8000, 8000, 8000];
  const WINDOW_MS = 6000;
  const PASSING = [0, 408, 423, 425, 429];
  const UNAVAILABLE = [502, 503, 504, 520, 521, 522, 523, 524, 530]; // from 520 on Cloudflare's
  const TEXTS = { 0: "broken", 401: "signedOut", 410: "gone", 412: "otherPerson", 413: "tooLarge", 507: "full" };
  const language = document.documentElement.lang || undefined;

  const pause = (ms) => new Promise((resolve) => window.setTimeout(resolve, ms));
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
  const unit = (value, name, digits = 0) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits }).format(value);

  function size(bytes) {
    if (bytes < 1e3) return unit(bytes, "byte"); // as core/sizes.py
    if (bytes < 999.5e3) return unit(bytes / 1e3, "kilobyte");
    if (bytes < 999.95e6) return unit(bytes / 1e6, "megabyte", 1);
    return unit(bytes / 1e9, "gigabyte", 2);
  }

  function duration(seconds) {
    if (seconds < 60) return unit(Math.max(1, Math.ceil(seconds)), "second");
    if (seconds < 3600) return unit(Math.ceil(seconds / 60), "minute");
    return unit(seconds / 3600, "hour", 1);
  }

  // cyrb53: 53 bits that tell one file from another. crypto.subtle is missing on plain http.
  function hash(bytes) {
    let [one, two] = [0xdeadbeef, 0x41c6ce57];
    for (const byte of bytes) {
      one = Math.imul(one ^ byte, 2654435761);
      two = Math.imul(two ^ byte, 1597334677);
    }
    one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
    two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
    return (4294967296 * (2097151 & two) + (one >>> 0)).toString(36);
  }

  class FileChanged extends Error {}

  // An answer in JSON that names a code is Clipdesk's own. Anything else comes from a server in front of it, or is a page.
  function parse(text) {
    try {
      const said = JSON.parse(text);
      return said?.code || said?.id ? said : null;
    } catch {
      return null;
    }
  }

  // The answer, if there was one: with tus-js-client's error, or with the answer to HEAD that was kept from it.
  function answerOf(error) {
    const response = error.originalResponse ?? error.causingError?.response;
    const method = error.originalRequest?.getMethod();
    return { method, status: response?.getStatus() ?? 0, said: parse(response?.getBody()) };
  }

  const isPassing = ({ status, said }) =>
    PASSING.includes(status) || said?.code === "offset_mismatch" || (status >= 500 && status !== 507);

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

    prepare() {
      return new tus.Upload(this.file, {
        endpoint: this.area.endpoint,
        chunkSize: this.area.pieceSize,
        retryDelays: RETRY_MS,
        removeFingerprintOnSuccess: true,
        metadata: { filename: this.file.name, filetype: this.file.type },
        fingerprint: () => this.identify(), // before each start and each retry
        onBeforeRequest: (request) => Object.entries(this.area.headers).forEach(([name, value]) => request.setHeader(name, value)),
        onAfterResponse: (request, response) => this.keepPlace(request, response),
        onShouldRetry: (error) => this.mayRetry(error),
        onUploadUrlAvailable: () => this.area.forgetUnfinished(this.tus.url),
        onProgress: (sent) => this.progress(sent),
        onSuccess: () => this.finish(),
        onError: (error) => this.fail(error),
      });
    }

    // Which file this is: its name, size and time, and what its first, middle and last bytes hash to. Throws when it
    // can no longer be read, or has changed since.
    async identify() {
      const { name, type, size, lastModified } = this.file;
      const starts = [0, Math.floor((size - BLOCK) / 2), size - BLOCK];
      const blocks = starts.map((at) => this.file.slice(Math.max(0, at), Math.max(0, at) + BLOCK));
      const bytes = new Uint8Array(await new Blob(blocks).arrayBuffer());
      const mark = [this.area.person, this.area.endpoint, name, type, size, lastModified, hash(bytes)].join("|");
      if (this.mark && this.mark !== mark) throw new FileChanged();
      this.mark = mark;
      return mark;
    }

    // tus-js-client would begin at the first byte again whenever HEAD is not answered with success.
    keepPlace(request, response) {
      const status = response.getStatus();
      const isHandled = (status >= 200 && status < 300) || [404, 410, 423].includes(status);
      if (request.getMethod() === "HEAD" && !isHandled) throw Object.assign(new Error("no answer to HEAD"), { response });
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
      this.tus.options.chunkSize = this.area.pieceSize;
      try {
        if (!this.tus.url) {
          const [previous] = await this.tus.findPreviousUploads();
          if (previous) this.tus.resumeFromPreviousUpload(previous);
        }
      } catch (error) {
        return this.fail(error);
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
      const answer = answerOf(error);
      if (answer.status === 413 && !answer.said) return this.useSmallerPieces();
      if (isPassing(answer)) this.show("offline", this.area.text(answer.status === 0 ? "offline" : "busy"));
      return isPassing(answer);
    }

    useSmallerPieces() {
      const isSmaller = this.area.useSmallerPieces(this.file.size);
      if (isSmaller) this.show("offline", this.area.text("smaller"));
      this.tus.options.chunkSize = this.area.pieceSize;
      return isSmaller;
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
        if (answer.said?.id) return this.uploaded(answer.said);
        if (wait === null || !isPassing(answer)) return this.refuse(answer);
        await pause(wait);
      }
    }

    async ask(address) {
      const headers = { ...this.area.headers, "Tus-Resumable": "1.0.0" }; // signed out is 401 then, no page to sign in
      try {
        const response = await fetch(address, { method: "POST", headers });
        return { status: response.status, said: parse(await response.text()) };
      } catch {
        return { status: 0, said: null };
      }
    }

    uploaded(media) {
      this.state = "gone";
      this.area.announce("uploaded", this.amounts);
      this.element.dispatchEvent(new CustomEvent("media:uploaded", { bubbles: true, detail: media }));
      this.remove();
      this.area.next();
    }

    fail(error) {
      if (error instanceof FileChanged || error instanceof DOMException) {
        this.isFinal = true;
        this.stop(this.area.text("unreadable"));
      } else {
        this.refuse(answerOf(error));
      }
    }

    refuse(answer) {
      this.isFinal = Boolean(answer.said) && [400, 413, 422].includes(answer.status);
      this.stop(answer.said?.message ?? this.area.text(this.reason(answer), { status: answer.status, size: size(Math.min(this.area.pieceSize, this.file.size)) }));
    }

    reason({ status, method }) {
      if (status === 404 && method !== "POST") return "gone";
      return TEXTS[status] ?? (UNAVAILABLE.includes(status) ? "unavailable" : "refused");
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
      this.pieceSize = PIECES[0];
      this.person = section.dataset.person;
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

    // The token is read from its cookie each time, since signing in again in another tab replaces it. Who that was is
    // for the server to compare: this page uploads for the person it was made for.
    get headers() {
      const cookie = document.cookie.split("; ").find((pair) => pair.startsWith(`${this.section.dataset.csrfCookie}=`));
      return { "X-CSRFToken": cookie?.split("=")[1] ?? "", "Clipdesk-Person": this.person };
    }

    // For this upload and the ones after it. Whether there are any that make a difference to a file of so many bytes.
    useSmallerPieces(fileSize) {
      const smaller = PIECES.find((bytes) => bytes < Math.min(this.pieceSize, fileSize));
      this.pieceSize = smaller ?? this.pieceSize;
      return smaller !== undefined;
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

    async add(files) {
      const added = [...files].map((file) => new Item(this, file));
      this.items.push(...added);
      this.queue.append(...added.map((item) => item.element));
      for (const item of added) await this.admit(item);
    }

    // A file that is in the list already is not uploaded twice.
    async admit(item) {
      try {
        await item.identify();
      } catch (error) {
        return item.fail(error);
      }
      const twin = this.items.find((other) => other !== item && other.mark === item.mark && !other.isFinal);
      if (twin) {
        item.remove();
        this.announce("twice", { name: item.file.name });
        if (twin.state === "failed" || twin.state === "paused") return twin.wait();
      }
      this.next();
    }

    next() {
      const busy = this.items.some((item) => ["starting", "uploading", "offline", "finishing"].includes(item.state));
      if (!busy) this.items.find((item) => item.state === "waiting" && item.mark)?.start();
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
