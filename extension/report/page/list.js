// The list: which rows, in which order; only those near the reader are laid out.
const ROWS_AT_ONCE = 100;
const list = byId("list");
const find = byId("find");
const onlyFailed = byId("only-failed");
const onlyChosen = byId("only-chosen");
const sort = byId("sort");
let wanted = cards;

const wordsOf = (card) => (card.words ??= `${card.textContent} ${card.dataset.row}`.toLowerCase());
const fullText = (element) => (element.querySelector("details > p") ?? element).textContent;

function valueOf(card, name) {
  for (const label of card.querySelectorAll("dt, th[scope=row]"))
    if (label.textContent === name) return fullText(label.nextElementSibling);
  for (const label of card.querySelectorAll("th[scope=col]"))
    if (label.textContent === name) return fullText(label.closest("table").tBodies[0].rows[0].cells[label.cellIndex]);
  return "";
}

// "1,274", "$0.02" and "8.4 s" are numbers; "12-A" is not.
const numberOf = (text) => (/^-?\$?[\d,]*\.?\d+(e[+-]?\d+)?( s)?$/i.test(text) ? Number.parseFloat(text.replace(/[$,]/g, "")) : null);

function sorted(rows) {
  if (!sort.value) return rows;
  const starsIn = (card) => Math.max(0, ...[...card.querySelectorAll(".result")].map(starsOf));
  const read = { title: titleOf, stars: (card) => String(mostStars - starsIn(card)) }[sort.value] ?? ((card) => valueOf(card, sort.value));
  const collator = new Intl.Collator(undefined, { numeric: true });
  const keys = new Map(rows.map((card) => [card, read(card)]));
  const numbers = new Map(rows.map((card) => [card, numberOf(keys.get(card))]));
  return [...rows].sort((one, other) => {
    const [a, b] = [numbers.get(one), numbers.get(other)];
    if (a !== null && b !== null) return a - b;
    if (a !== null || b !== null) return a !== null ? -1 : 1;
    if (!keys.get(one) || !keys.get(other)) return Boolean(keys.get(other)) - Boolean(keys.get(one));
    return collator.compare(keys.get(one), keys.get(other));
  });
}

function dress(card) {
  if (card.dressed) return;
  card.dressed = true;
  for (const place of card.querySelectorAll(".choose")) place.append(starControl(place.closest(".result")));
  for (const audio of card.querySelectorAll("audio")) audio.src = originalUrl(audio.dataset.original);
}

function showUpTo(number) {
  const next = wanted.slice(list.children.length, number);
  next.forEach(dress);
  list.append(...next);
}

function update() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = onlyChosen.checked && new Set(chosenResults().map((result) => result.card));
  const fits = (card) =>
    (!onlyFailed.checked || card.classList.contains("failed")) &&
    (!chosen || chosen.has(card)) &&
    words.every((word) => wordsOf(card).includes(word));
  wanted = sorted(cards.filter(fits));
  list.replaceChildren();
  showUpTo(ROWS_AT_ONCE);
  const total = cards.length.toLocaleString("en");
  byId("shown").textContent = `${wanted.length.toLocaleString("en")} of ${total} ${cards.length === 1 ? "row" : "rows"}`;
  document.querySelector(".no-match").hidden = wanted.length > 0 || cards.length === 0;
}

find.addEventListener("input", update);
for (const control of [onlyFailed, onlyChosen, sort]) control.addEventListener("change", update);
byId("clear").addEventListener("click", () => {
  find.value = "";
  onlyFailed.checked = onlyChosen.checked = false;
  update();
  find.focus();
});
new IntersectionObserver(
  (entries) => {
    if (entries.some((entry) => entry.isIntersecting)) showUpTo(list.children.length + ROWS_AT_ONCE);
  },
  { rootMargin: "2000px" },
).observe(byId("end"));
addEventListener("beforeprint", () => showUpTo(wanted.length));
