// Once everything is defined
document.querySelector(".filters").hidden = cards.length === 0;
further?.remove();
cards.slice(0, ROWS_AT_ONCE).forEach(dress);
showStars();
if (find.value || onlyFailed.checked || onlyChosen.checked || sort.value) update(); // as the browser restored them
else byId("shown").textContent = `${cards.length.toLocaleString("en")} of ${cards.length.toLocaleString("en")} ${cards.length === 1 ? "row" : "rows"}`;
setTimeout(() => cards.forEach(wordsOf), 300); // the first search is then as quick as the others
