// Refines what works without it. Inside Airflow's frame, which may not move the page around it, a link to one of
// Airflow's own pages is followed by that page; and what is to be copied gets a button.
"use strict";
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[target="_top"]') : null;
  if (!link || window.parent === window || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const same = window.parent.document.createElement("a");
  same.href = link.href;
  window.parent.document.body.append(same);
  same.click();
  same.remove();
});
for (const code of document.querySelectorAll("pre.copy")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent.trim());
      button.textContent = "Copied";
    } catch {
      window.getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  });
  code.after(button);
}
