// Asks why before the form is sent. Whatever goes wrong with the survey, the form is sent.
const form = document.getElementById("cancel");

form.addEventListener("submit", (event) => {
  // The script may be blocked or slow to load: then the form is sent as it is.
  if (!window.Whyleft) return;
  event.preventDefault();
  Whyleft.open({
    url: form.dataset.survey,
    onClosed({ outcome }) {
      // answered, skipped, error: go on. closed: the customer only looked, and stays here.
      if (outcome !== "closed") form.submit();
    },
  });
});
