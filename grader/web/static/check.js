"use strict";
// Shows the report beside the text, so that one mends a line and checks again. Without it the form is sent as usual.
(() => {
  const form = document.getElementById("check");
  const text = document.getElementById("text");
  const name = document.getElementById("name");
  const files = document.getElementById("files");
  const drop = document.getElementById("drop");
  const remove = document.getElementById("remove");
  const result = document.getElementById("result");
  const go = document.getElementById("go");
  const shown = /\.(tex|ltx|md|txt|py)$/i;
  const usual = go.textContent;
  let running = null;

  const say = (words) => {
    const line = document.createElement("p");
    line.className = "refused";
    line.setAttribute("role", "alert");
    line.textContent = words;
    result.replaceChildren(line);
  };

  // the number of a line leads to it in the text, where it can be mended
  const lead = () => {
    if (files.files.length) return;
    for (const number of result.querySelectorAll(".gutter .number")) {
      const line = Number(number.textContent);
      if (!line) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.textContent = number.textContent;
      button.setAttribute("aria-label", form.dataset.line.replace("{0}", line));
      button.addEventListener("click", () => {
        const before = text.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
        const end = text.value.indexOf("\n", before);
        text.focus();
        text.setSelectionRange(before, end < 0 ? text.value.length : end);
        text.scrollTop = Math.max(0, line - 4) * parseFloat(getComputedStyle(text).lineHeight);
      });
      number.replaceChildren(button);
    }
  };

  const check = async () => {
    if (running) running.abort();
    const own = (running = new AbortController());
    go.textContent = form.dataset.checking;
    result.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { "X-Fragment": "1" }, signal: own.signal,
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new Error();
      result.replaceChildren(...page.body.childNodes);
      document.getElementById("main").classList.add("has-result");
      lead();
      if (matchMedia("(max-width: 60rem)").matches) result.scrollIntoView({ block: "start" });
    } catch (error) {
      if (own.signal.aborted) return;
      say(form.dataset.failed);
    }
    running = null;
    go.textContent = usual;
    result.removeAttribute("aria-busy");
  };

  // one file of text is shown, so that it can be mended here; several are sent as they are
  const take = async (chosen) => {
    if (chosen.length === 1 && shown.test(chosen[0].name) && chosen[0].size < 2e6) {
      text.value = await chosen[0].text();
      name.value = chosen[0].name;
      files.value = "";
      remove.hidden = true;
    } else if (chosen.length) {
      const carried = new DataTransfer();
      for (const file of chosen) carried.items.add(file);
      if (name.value) text.value = name.value = ""; // what was shown of an earlier file
      files.files = carried.files;
      remove.hidden = false;
    }
    if (chosen.length) check();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      check();
    }
  });
  files.addEventListener("change", () => take([...files.files]));
  remove.addEventListener("click", () => {
    files.value = "";
    remove.hidden = true;
    files.focus();
  });
  text.addEventListener("input", () => {
    if (!text.value) name.value = "";
  });
  lead();
  let over = 0;
  const mark = (change) => {
    over = Math.max(0, over + change);
    drop.classList.toggle("is-over", over > 0);
  };
  document.addEventListener("dragenter", (event) => event.dataTransfer?.types.includes("Files") && mark(1));
  document.addEventListener("dragleave", (event) => event.dataTransfer?.types.includes("Files") && mark(-1));
  document.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    over = 0;
    mark(0);
    take([...event.dataTransfer.files]);
  });
})();
