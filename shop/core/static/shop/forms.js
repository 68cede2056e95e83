"use strict";

// A form with a one-time key is sent once: its buttons are off after the first click.
// The server does not depend on this: it saves a form once for each key.

const buttonsOf = (form) =>
  Array.from(form.elements).filter((element) => element.type === "submit");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.elements.namedItem("form_key")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  // Later, because a button that is off would not be sent, and another handler may stop the form.
  setTimeout(() => {
    if (event.defaultPrevented) return;
    form.dataset.sent = "yes";
    buttonsOf(form).forEach((button) => { button.disabled = true; });
  }, 0);
});

// A page that the browser shows again with "Back" is as it was left.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    buttonsOf(form).forEach((button) => { button.disabled = false; });
  });
});
