// Marks of a talk add up while they are given; a fatal item without a point takes all.

for (const list of document.querySelectorAll("[data-marks]")) {
  const sum = list.querySelector("[data-sum]");
  const add = () => {
    let total = 0, fatal = false;
    for (const item of list.querySelectorAll("li:not(.sum)")) {
      const points = Number(item.querySelector("input").value);
      item.classList.toggle("none", item.hasAttribute("data-fatal") && points === 0);
      fatal ||= item.classList.contains("none");
      total += points;
    }
    sum.value = fatal ? 0 : total;
    sum.classList.toggle("low", fatal || (100 * total) / sum.dataset.most < sum.dataset.pass);
  };
  list.addEventListener("input", add);
  add();
}
