// The title and the favicon show that notifications are unread; the bell's poll sends the "unread" event with their count.
(() => {
  "use strict";
  const bell = document.getElementById("bell-poll");
  const mark = document.querySelector('link[rel="icon"][type="image/svg+xml"]');
  if (!bell || !mark) return;
  const title = document.title;
  const calm = mark.getAttribute("href");

  function show(count) {
    document.title = count ? `(${count > 99 ? "99+" : count}) ${title}` : title;
    mark.setAttribute("href", count ? bell.dataset.unreadIcon : calm);
  }

  document.body.addEventListener("unread", (event) => show(Number(event.detail.count)));
  show(Number(bell.dataset.unread));
})();
