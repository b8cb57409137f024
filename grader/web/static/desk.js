"use strict";
// The keys of `grader review` for the page; everything they do is a link or a button as well.
(() => {
  const at = (id) => document.getElementById(id);

  const login = at("login");
  if (login) {
    const token = new URLSearchParams(location.hash.slice(1)).get("token");
    if (token) {
      at("token").value = token;
      history.replaceState(null, "", location.pathname + location.search);
    }
    (at("name").value ? at("token") : at("name")).focus();
    return;
  }

  const form = at("decide");
  const only = at("only");
  if (only) {
    only.addEventListener("change", () => at("filter").requestSubmit());
    at("filter-go").hidden = true;
  }
  if (!form) return;
  const points = at("points");
  const reason = at("reason");
  const remark = at("remark");
  const keys = at("keys");
  keys.hidden = false;
  if (matchMedia("(pointer: fine)").matches && !location.hash) points.focus({ preventScroll: true });

  for (const band of form.querySelectorAll("[name=band]")) {
    band.addEventListener("change", () => { points.value = band.value; });
  }
  if (remark) {
    remark.addEventListener("change", () => { if (remark.value) reason.value = ""; });
  }
  for (const box of form.querySelectorAll("[name=chosen]")) {
    box.addEventListener("change", () => { at("apply-chosen").checked = true; });
  }
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
  });

  const press = (id) => { const found = at(id); if (found) { found.click(); return true; } return false; };
  const choose = (id) => { const found = at(id); if (found) { found.checked = true; found.dispatchEvent(new Event("change")); return true; } return false; };
  const does = {
    s: () => press("skip"), b: () => press("back"), u: () => press("undo"), m: () => press("whole"), k: () => press("keep-go"),
    a: () => choose("apply-all"), o: () => choose("apply-one"),
    l: () => { const list = at("alike"); if (list) list.open = !list.open; return Boolean(list); },
    c: () => { (remark ?? reason).focus(); return true; },
    "?": () => { keys.open = !keys.open; return true; },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const where = event.target;
    const typing = where.matches?.("textarea, select, input:not([type=radio], [type=checkbox])");
    if (where === reason && event.key === "Escape") { points.focus(); return; }
    if (typing && !(where === points && points.value === "")) return;
    if (!typing && /^[0-9fhz]$/.test(event.key)) {
      points.focus();
      points.value = "";
      return; // the key itself is typed into it
    }
    if (does[event.key]?.()) event.preventDefault();
  });
})();
