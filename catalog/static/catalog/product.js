"use strict";

// Comfort for the page of a product, which works without it: variants are generated without
// loading the page again, so that chosen files are kept, and images are sorted by dragging.

// -- Variants -------------------------------------------------------------------------------------

const generateVariants = async (button) => {
  const form = button.form;
  const input = new FormData(form, button);
  for (const [name, value] of [...input]) {
    if (value instanceof File) input.delete(name);
  }
  button.disabled = true;
  try {
    const response = await fetch(location.href, { method: "POST", body: input });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const section = page.getElementById("product-variants");
    if (!section) throw new Error(`no variants in a response ${response.status}`);
    document.getElementById("product-variants").replaceWith(section);
    const stock = section.querySelector("input[name^=new_][name$=_stock]");
    stock?.focus();
    stock?.select();
  } catch (error) {
    button.disabled = false;
    button.dataset.plain = "yes"; // the browser sends the form itself
    button.click();
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[name=_generate]");
  if (!button || button.dataset.plain) return;
  event.preventDefault();
  generateVariants(button);
});

// -- Sorting --------------------------------------------------------------------------------------

const sortByDragging = (list, whenSorted) => {
  let dragged = null;
  const makeDraggable = (item) => { item.draggable = true; };
  [...list.children].forEach(makeDraggable);
  new MutationObserver(() => [...list.children].forEach(makeDraggable))
    .observe(list, { childList: true });
  const itemOf = (node) => [...list.children].find((item) => item.contains(node));

  list.addEventListener("dragstart", (event) => {
    if (event.target.matches?.("input, textarea")) return;
    dragged = itemOf(event.target);
    event.dataTransfer.setData("text/plain", ""); // without data, some browsers drag nothing
    dragged?.classList.add("shop-dragged");
  });
  list.addEventListener("dragover", (event) => {
    const over = itemOf(event.target);
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    const isAfter = event.clientY > box.top + box.height / 2;
    over[isAfter ? "after" : "before"](dragged);
  });
  list.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("shop-dragged");
    dragged = null;
    whenSorted();
  });
};

const numberPositions = (list) => {
  const inputs = "input[name$=_position], input[data-position]";
  list.querySelectorAll(inputs).forEach((input, position) => { input.value = position; });
};

// -- New images -----------------------------------------------------------------------------------

// Each chosen file gets a row in the table of images, with a small image, its alternative text
// and its position. The input has the files in the order of the rows. The text area and the hidden
// input, which are sent, have a line and a number for each of them.
const listNewImages = (input, texts, positions) => {
  const table = document.querySelector("#product-images table");
  const sortable = table.querySelector("tbody[data-sortable]");
  const list = sortable ?? table.querySelector("tbody[data-new]");
  const textRow = texts.closest(".form-row");
  const columns = table.tHead.rows[0].cells;
  const newRows = () => [...list.rows].filter((row) => row.file);

  const write = () => {
    texts.value = newRows().map((row) => row.text.value).join("\n");
    positions.value = newRows().map((row) => row.position?.value ?? "").join(" ").trim();
  };
  const field = (row, label, properties) => {
    const found = Object.assign(document.createElement("input"), properties);
    found.setAttribute("aria-label", `${label.textContent.replace(/:$/, "")} ${row.file.name}`);
    found.addEventListener("input", write);
    return found;
  };
  const rowOf = (file, alt, position) => {
    const row = document.createElement("tr");
    row.file = file;
    const cells = [...columns].map(() => row.insertCell());
    const image = new Image();
    image.className = "shop-thumbnail";
    image.alt = file.name;
    image.draggable = false;
    const reader = new FileReader(); // the Content-Security-Policy allows no blob URLs
    reader.addEventListener("load", () => { image.src = reader.result; });
    reader.readAsDataURL(file);
    const label = textRow.querySelector("label");
    const text = { className: "vTextField", maxLength: 512, value: alt };
    row.text = field(row, label, { ...text, placeholder: label.textContent.replace(/:$/, "") });
    cells[0].append(image);
    cells[1].append(row.text);
    if (sortable) {
      const number = { type: "number", min: 0, value: position };
      row.position = field(row, columns[columns.length - 2], number);
      row.position.dataset.position = "";
      cells[columns.length - 2].append(row.position);
    }
    return row;
  };
  const show = () => {
    const alts = texts.value.split("\n");
    newRows().forEach((row) => row.remove());
    const stored = [...list.querySelectorAll("input[name$=_position]")].map((each) => +each.value);
    const first = Math.max(-1, ...stored) + 1;
    list.append(...[...input.files].map((file, n) => rowOf(file, alts[n] ?? "", first + n)));
    textRow.hidden = input.files.length > 0;
    table.parentElement.hidden = list.rows.length === 0;
    write();
  };

  input.addEventListener("change", show);
  sortByDragging(list, () => {
    if (sortable) numberPositions(list);
    const files = new DataTransfer();
    newRows().forEach((row) => files.items.add(row.file));
    input.files = files.files;
    write();
  });
  if (input.files.length) show();
};

document.addEventListener("DOMContentLoaded", () => {
  const [input, texts, positions] = ["images", "image_alts", "image_positions"]
    .map((name) => document.getElementById(`id_${name}`));
  if (input && texts && positions) {
    listNewImages(input, texts, positions);
  } else {
    document.querySelectorAll("[data-sortable]").forEach((list) => {
      sortByDragging(list, () => numberPositions(list));
    });
  }
});
