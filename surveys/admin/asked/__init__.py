"""Pages about who was asked and what came of it: the funnel, a customer's history, links."""
