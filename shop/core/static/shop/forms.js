"use strict";

// A form with a one-time key is sent once: its buttons are off after the first click.
// The server does not depend on this: it saves a form once for each key.

const buttonsOf = (form) =>
  Array.from(form.elements).filter((element) => element.type === "submit");

document.addEventListener("submit", (event) => {
  const form = event.target;
  const key = form instanceof HTMLFormElement && form.elements.namedItem("form_key");
  if (!key) return;
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
  history.replaceState({ ...history.state, formKey: key.value }, "");
});

// "Back" leads to the page as it was left, or loads it again with a new key and puts the input in.
// The form was sent before, so it gets the key that it was sent with.
window.addEventListener("pageshow", (event) => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    buttonsOf(form).forEach((button) => { button.disabled = false; });
  });
  const [navigation] = performance.getEntriesByType("navigation");
  const isBack = event.persisted || navigation?.type === "back_forward";
  if (!isBack || !history.state?.formKey) return;
  document.querySelectorAll("input[name=form_key]").forEach((key) => {
    key.value = history.state.formKey;
  });
});
