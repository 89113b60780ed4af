"use strict";
const byId = (id) => document.getElementById(id);
const cards = [...document.querySelectorAll("article.card")];

// Filters
const find = byId("find");
const onlyFailed = byId("only-failed");

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const card of cards) {
    card.words ??= card.textContent.toLowerCase();
    const wanted = !onlyFailed.checked || card.classList.contains("failed");
    card.hidden = !(wanted && words.every((word) => card.words.includes(word)));
    shown += !card.hidden;
  }
  const total = cards.length.toLocaleString("en");
  byId("shown").textContent = `${shown.toLocaleString("en")} of ${total} ${cards.length === 1 ? "row" : "rows"} shown`;
  document.querySelector(".no-match").hidden = shown > 0 || cards.length === 0;
}

find.addEventListener("input", filter);
onlyFailed.addEventListener("change", filter);
byId("clear").addEventListener("click", () => {
  find.value = "";
  onlyFailed.checked = false;
  filter();
  find.focus();
});
document.querySelector(".filters").hidden = cards.length === 0;
filter();

// Large view
const lightbox = byId("lightbox");
let current = null;

function show(button) {
  current = button;
  const card = button.closest("article");
  const figure = button.closest("figure");
  const caption = figure.querySelector("figcaption");
  const image = button.querySelector("img");
  byId("large-row").textContent = card.querySelector("h2").textContent;
  const large = byId("large").querySelector("img");
  large.src = image.src;
  large.alt = image.alt;
  large.className = button.className;
  byId("large").querySelector("figcaption").textContent = [...caption.children].map((part) => part.textContent).join(" · ");
  const source = figure.closest(".results") && card.querySelector(".source img");
  byId("compared").hidden = !source;
  if (source) {
    const compared = byId("compared").querySelector("img");
    compared.src = source.src;
    compared.alt = source.alt;
    compared.className = source.parentElement.className;
  }
  const inCard = [...card.querySelectorAll("button.image")];
  byId("large-place").textContent = `Image ${inCard.indexOf(button) + 1} of ${inCard.length}`;
}

function step(places) {
  const all = [...document.querySelectorAll("article.card:not([hidden]) button.image")];
  show(all[(all.indexOf(current) + places + all.length) % all.length]);
}

byId("rows").addEventListener("click", (event) => {
  const button = event.target.closest("button.image");
  if (!button) return;
  show(button);
  lightbox.showModal();
});
lightbox.addEventListener("keydown", (event) => {
  const places = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!places) return;
  event.preventDefault();
  step(places);
});
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("close").addEventListener("click", () => lightbox.close());
lightbox.addEventListener("click", (event) => {
  if (event.target === lightbox) lightbox.close();
});
// The reader goes on where they looked last, not where they began.
lightbox.addEventListener("close", () => current.focus());

// One voice at a time
document.addEventListener(
  "play",
  (event) => {
    for (const audio of document.querySelectorAll("audio")) if (audio !== event.target) audio.pause();
  },
  true,
);
