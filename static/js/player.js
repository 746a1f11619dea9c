// Where the browser cannot play a video, its picture and a sentence take its place: templates/tiktok/media/_player.html.
(() => {
  "use strict";
  const boxOf = (target) => target.closest?.("[data-player]");

  function reset(video) {
    const still = boxOf(video).querySelector(".player-still");
    still.hidden = true;
    video.hidden = false;
  }

  function showStill(video, reason) {
    const still = boxOf(video).querySelector(".player-still");
    const picture = still.querySelector("img");
    picture.hidden = !video.poster;
    if (video.poster) picture.src = video.poster;
    still.querySelector("p").textContent = still.dataset[reason];
    still.hidden = false;
    video.hidden = true;
    video.pause();
  }

  // A browser reports a file that it cannot get and one that it cannot decode in the same way.
  async function explain(video) {
    const address = video.currentSrc || video.src;
    const answer = await fetch(address, { method: "HEAD" }).catch(() => null);
    if (address === (video.currentSrc || video.src)) showStill(video, answer?.ok && !answer.redirected ? "unplayable" : "missing");
  }

  function check(video) {
    if (video.error) explain(video);
    else if (video.readyState >= HTMLMediaElement.HAVE_METADATA && !video.videoWidth) showStill(video, "unplayable"); // only its sound
  }

  // Events of media do not bubble.
  const listen = (type, act) => document.addEventListener(type, (event) => boxOf(event.target) && act(event.target), true);
  listen("loadstart", reset);
  listen("loadedmetadata", check);
  listen("error", (target) => target instanceof HTMLVideoElement && check(target));
  document.querySelectorAll("[data-player] video").forEach(check); // what happened before this script ran
})();
