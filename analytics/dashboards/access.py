"""Who may read figures, and who may read what customers wrote."""

VIEW_FIGURES = "analytics.view_figures"
VIEW_VERBATIMS = "surveys.view_verbatims"
CORRECT = "reasons.correct_classification"
