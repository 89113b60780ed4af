"use strict";
// Stars: a number from 0 for each result, kept in the browser under the page's id.
const byId = (id) => document.getElementById(id);
const page = document.body.dataset;
const further = byId("further");
const cards = [...byId("list").querySelectorAll("article.card"), ...(further?.content.querySelectorAll("article.card") ?? [])];
const results = cards.flatMap((card) => [...card.querySelectorAll(".result")].map((result) => Object.assign(result, { card })));
const mostStars = Number(page.stars);
const storageKey = `endpoint-nodes ${page.page}`;
let stars = {};
stars = storedStars();

function storedStars() {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey));
    return stored && typeof stored === "object" ? stored : {};
  } catch {
    return stars; // a frame without storage keeps them as long as it is open
  }
}

const starsOf = (result) => stars[result.dataset.key] ?? 0;
const chosenResults = () => results.filter((result) => starsOf(result) > 0);
const titleOf = (card) => card.querySelector("h2").textContent;
const variantOf = (result) => result.closest(".outcome").dataset.variant;

function rate(result, number) {
  stars = { ...storedStars(), [result.dataset.key]: Math.max(0, Math.min(mostStars, number)) };
  if (!stars[result.dataset.key]) delete stars[result.dataset.key];
  try {
    localStorage.setItem(storageKey, JSON.stringify(stars));
  } catch {
    // as above
  }
  showStars();
}

function starControl(result) {
  const control = byId(mostStars > 1 ? "five-stars" : "one-star").content.firstElementChild.cloneNode(true);
  const variant = variantOf(result);
  const what = `result ${result.dataset.number}${variant && ` of ${variant}`} of row ${titleOf(result.card)}`;
  control.setAttribute("aria-label", mostStars > 1 ? `Stars of ${what}` : `Choose ${what}`);
  control.result = result;
  showStarsOn(control);
  return control;
}

function showStarsOn(control) {
  const number = starsOf(control.result);
  if (mostStars > 1) {
    control.setAttribute("aria-valuenow", number);
    control.setAttribute("aria-valuetext", `${number} of ${mostStars} stars`);
    [...control.children].forEach((star, place) => star.classList.toggle("full", place < number));
  } else {
    control.setAttribute("aria-pressed", String(number > 0));
  }
}

function showStars() {
  for (const control of document.querySelectorAll(".star")) showStarsOn(control);
  const chosen = chosenResults();
  byId("chosen-count").textContent = chosen.length.toLocaleString("en");
  byId("export-chosen").disabled = chosen.length === 0;
  for (const row of document.querySelectorAll(".variants [data-variant]")) {
    const rated = chosen.filter((result) => variantOf(result) === row.dataset.variant).map(starsOf);
    const mean = rated.reduce((sum, number) => sum + number, 0) / rated.length;
    row.querySelector(".mean").textContent = rated.length ? `${mean.toFixed(1)} (${rated.length} rated)` : "not rated";
  }
}

document.addEventListener("click", (event) => {
  const control = event.target.closest(".star");
  if (!control) return;
  const place = [...control.children].indexOf(event.target.closest(".star > svg")) + 1;
  const number = mostStars > 1 ? place || starsOf(control.result) : 1;
  rate(control.result, starsOf(control.result) === number ? 0 : number);
});
document.addEventListener("keydown", (event) => {
  const control = event.target.closest?.("[role=slider]");
  if (!control || event.ctrlKey || event.metaKey || event.altKey) return;
  const now = starsOf(control.result);
  const places = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, Home: 0, End: mostStars };
  const number = places[event.key] ?? (/^[0-5]$/.test(event.key) ? Number(event.key) : undefined);
  if (number === undefined) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  rate(control.result, number);
});
// The same page in another tab
addEventListener("storage", (event) => {
  if (event.key !== storageKey) return;
  stars = storedStars();
  showStars();
});
