"use strict";
// Looks again at whatever says where from, once a second, while the page is seen.
for (const place of document.querySelectorAll("[data-live]")) {
  const look = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch(place.dataset.live, { credentials: "same-origin", redirect: "error" });
        if (answer.status === 401) {
          location.assign("/login");
          return;
        }
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
          place.replaceChildren(...fresh.body.childNodes);
        }
        place.classList.toggle("stale", !answer.ok);
      }
    } catch {
      place.classList.add("stale");
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}
