// Tabs, folded parts, filters: what the pages need of a script, and no more.
document.querySelectorAll('[data-toggle="tab"], [data-toggle="collapse"]').forEach((link) => {
  const target = document.getElementById(link.getAttribute("href").slice(1));
  link.addEventListener("click", (event) => {
    event.preventDefault();
    if (link.dataset.toggle === "collapse") {
      link.setAttribute("aria-expanded", target.classList.toggle("show"));
      return;
    }
    for (const other of link.closest("ul").querySelectorAll(".nav-link")) {
      const shown = other === link;
      other.classList.toggle("active", shown);
      other.setAttribute("aria-selected", shown);
      document.getElementById(other.getAttribute("href").slice(1)).classList.toggle("active", shown);
    }
  });
});

document.querySelectorAll(".filter").forEach((field) => {
  const rows = field.closest(".tab-pane").querySelectorAll("tbody tr");
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
    }
  });
});

const failedOnly = document.getElementById("failed-only");
if (failedOnly) {
  const filter = () => {
    document.querySelectorAll("main > .ge-section").forEach((section, index) => {
      // The first section is the overview.
      const hide = failedOnly.checked && index > 0 && !section.querySelector(".text-danger");
      section.hidden = hide;
      document.querySelector(`nav a[href="#${section.id}"]`).hidden = hide;
    });
  };
  failedOnly.addEventListener("change", filter);
  filter();
}
