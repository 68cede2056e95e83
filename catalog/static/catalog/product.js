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
  list.querySelectorAll("input[name$=_position]").forEach((input, position) => {
    input.value = position;
  });
};

// -- New images -----------------------------------------------------------------------------------

// Each chosen file gets a row with a small picture and its alternative text. The text area, which
// is sent, has a line for each row, and the input has the files in the order of the rows.
const listNewImages = (input, texts) => {
  const list = document.createElement("ol");
  list.className = "shop-new-images";
  input.closest(".form-row").append(list);
  const textRow = texts.closest(".form-row");

  const writeTexts = () => {
    texts.value = [...list.querySelectorAll("input")].map((text) => text.value).join("\n");
  };
  const row = (file, alt) => {
    const item = document.createElement("li");
    const image = new Image();
    image.className = "shop-thumbnail";
    image.alt = file.name;
    image.draggable = false;
    const reader = new FileReader(); // the Content-Security-Policy allows no blob URLs
    reader.addEventListener("load", () => { image.src = reader.result; });
    reader.readAsDataURL(file);
    const text = document.createElement("input");
    text.className = "vTextField";
    text.maxLength = 512;
    text.placeholder = textRow.querySelector("label").textContent.replace(/:$/, "");
    text.setAttribute("aria-label", `${text.placeholder} ${file.name}`);
    text.value = alt;
    text.addEventListener("input", writeTexts);
    item.append(image, text);
    item.file = file;
    return item;
  };
  const show = () => {
    const alts = texts.value.split("\n");
    list.replaceChildren(...[...input.files].map((file, n) => row(file, alts[n] ?? "")));
    textRow.hidden = input.files.length > 0;
    writeTexts();
  };

  input.addEventListener("change", show);
  sortByDragging(list, () => {
    const files = new DataTransfer();
    [...list.children].forEach((item) => files.items.add(item.file));
    input.files = files.files;
    writeTexts();
  });
  if (input.files.length) show();
};

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-sortable]").forEach((list) => {
    sortByDragging(list, () => numberPositions(list));
  });
  const input = document.getElementById("id_images");
  const texts = document.getElementById("id_image_alts");
  if (input && texts) listNewImages(input, texts);
});
